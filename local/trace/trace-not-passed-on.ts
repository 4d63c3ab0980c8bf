import type { LogEntry } from '../logging/log-store';
import type { Cause } from './causes';
import { type Findings, isLong } from './findings';
import { type LostHop, lostHop, requestPeriod, whyLost } from './lost-hop';
import { calledService, serviceOfSpans, type Stack, type StackService } from './stack';

/** How many other traces are named. */
const NAMED_TRACES = 3;

/** Entries have their time in whole milliseconds. */
const PRECISION_MS = 1;

/** A call that is missing in the trace, by what the front ends have logged. */
export function traceNotPassedOn(findings: Findings): Cause | undefined {
  return callWithoutServerSpan(findings) ?? callInDarkTime(findings);
}

/** A call of a service of the stack that left no span there. */
function callWithoutServerSpan(findings: Findings): Cause | undefined {
  const { stack, work, logs, requests, spans } = findings;
  const inTrace = new Set(spans.map(({ service }) => service));
  for (const { node, nanos } of work) {
    const { span, children } = node;
    const caller = serviceOfSpans(stack, span.service);
    const callee = calledService(stack, span);
    if (!caller || !callee || children.length > 0 || !isLong(findings, nanos)) continue;
    const arrived = logs.find(
      (entry) =>
        entry.log === 'requests' &&
        entry.service === callee.name &&
        [undefined, span.spanId].includes(entry.caller?.context?.spanId),
    );
    if (!arrived) {
      const calls = callsWithoutHeader(requests, caller, periodOf(span));
      const ofCallee = calls.filter(({ service }) => service === callee.name);
      if (ofCallee.length > 0) return causeBy(lostHop('no-header', caller, callee), caller, ofCallee, stack);
    } else if (whyLost(arrived, inTrace, callee.spanService) === 'no-spans') {
      const onwards = callsWithoutHeader(requests, callee, requestPeriod(arrived));
      const hop = lostHop('no-spans', caller, callee);
      const { text, ...cause } = causeBy(hop, callee, onwards, stack);
      return { ...cause, text: `${hop.text}. ${text}` };
    }
  }
  return undefined;
}

/** A dark time in which the service has called another one without the trace header. */
function callInDarkTime(findings: Findings): Cause | undefined {
  const { stack, work, requests } = findings;
  for (const { node, nanos, dark } of work) {
    const caller = serviceOfSpans(stack, node.span.service);
    if (!dark || !caller || !isLong(findings, nanos)) continue;
    const calls = callsWithoutHeader(requests, caller, periodOf(dark));
    const callee = stack.services.find(({ name }) => name === calls[0]?.service);
    if (callee) return causeBy(lostHop('no-header', caller, callee), caller, calls, stack);
  }
  return undefined;
}

/** A trace that begins in the middle of a request, because the first service in it was called without the trace header. */
export function beginningElsewhere({ stack, logs, requests }: Findings): Cause | undefined {
  for (const entry of logs) {
    const { caller: by, service, traceId } = entry;
    if (entry.log !== 'requests' || !by || by.context) continue;
    const caller = stack.services.find(({ account }) => account === by.account);
    const callee = stack.services.find(({ name }) => name === service);
    if (!caller || !callee) continue;
    const { startMs, endMs } = requestPeriod(entry);
    const around = requests.filter((request) => {
      const period = requestPeriod(request);
      const covers = period.startMs <= startMs && period.endMs + PRECISION_MS >= endMs;
      return request.service === caller.name && request.traceId !== traceId && covers;
    });
    const ids = traceIdsOf(around);
    const rest =
      ids.length === 0
        ? ''
        : `; the rest of it is in ${ids.length === 1 ? 'trace' : `one of ${ids.length} traces, such as`} ${named(ids)}`;
    const { advice, service: resource } = lostHop('no-header', caller, callee);
    return {
      cause: 'trace-not-passed-on',
      text:
        `${caller.spanService} called ${callee.spanService} without the trace header, so Cloud Run began this trace in the ` +
        `middle of a request${rest}. ${advice}`,
      resource,
      ...othersOf(ids),
    };
  }
  return undefined;
}

/** In milliseconds since the epoch. */
interface Period {
  readonly startMs: number;
  readonly endMs: number;
}

function periodOf(time: { readonly startUnixNano: bigint; readonly endUnixNano: bigint }): Period {
  return { startMs: Number(time.startUnixNano / 1_000_000n), endMs: Number(time.endUnixNano) / 1e6 };
}

/**
 * The requests without a trace header that a service has sent in a time. Where a request does not tell whose it is, it may
 * be of everybody who is given the URL.
 */
function callsWithoutHeader(
  requests: readonly LogEntry[],
  { account, calls }: StackService,
  { startMs, endMs }: Period,
): LogEntry[] {
  return requests.filter((request) => {
    const { caller, service } = request;
    if (!caller || caller.context) return false;
    const isItsOwn = caller.account === undefined ? calls.includes(service) : caller.account === account;
    const at = requestPeriod(request).startMs;
    return isItsOwn && at >= startMs && at <= endMs + PRECISION_MS;
  });
}

/** What `service` has called meanwhile, and what to do about the hop. */
function causeBy(hop: LostHop, service: StackService, calls: readonly LogEntry[], stack: Stack): Cause {
  const ids = traceIdsOf(calls);
  const callees = [
    ...new Set(
      calls.map(
        (call) => stack.services.find(({ name }) => name === call.service)?.spanService ?? call.service,
      ),
    ),
  ].join(' and ');
  const isCertain = calls.every(({ caller }) => caller?.account !== undefined);
  const who = isCertain
    ? `${service.spanService} called ${callees}`
    : `somebody, as the stack lets ${service.spanService} do, called ${callees}`;
  const where =
    ids.length === 1
      ? `in a trace of its own, ${named(ids)}`
      : `for this request or for others, each in a trace of its own, such as ${named(ids)}`;
  const times = ids.length === 1 ? '' : ` ${ids.length} times`;
  const meanwhile = ids.length === 0 ? '' : `Meanwhile ${who}${times} without the trace header, ${where}. `;
  return {
    cause: 'trace-not-passed-on',
    text: meanwhile + hop.advice,
    resource: hop.service,
    ...othersOf(ids),
  };
}

function traceIdsOf(requests: readonly LogEntry[]): string[] {
  return [...new Set(requests.flatMap(({ traceId }) => traceId ?? []))];
}

function named(ids: readonly string[]): string {
  return ids.slice(0, NAMED_TRACES).join(', ');
}

function othersOf(ids: readonly string[]): Pick<Cause, 'otherTraces'> {
  return ids.length > 0 ? { otherTraces: ids.slice(0, NAMED_TRACES) } : {};
}
