import type { LogEntry } from '../logging/log-store';
import { FRONT_END_SERVICE } from './attribute-names';
import type { Cause } from './causes';
import { type Findings, isLong } from './findings';
import { type LostBecause, lostHop, requestPeriod, whyLost } from './lost-hop';
import { calledService, serviceOfSpans, type Stack, type StackService } from './stack';

/** How many other traces are named. */
const NAMED_TRACES = 3;

/** Entries have their time in whole milliseconds. */
const PRECISION_MS = 1;

/** A call that is missing in the trace, by what the front ends have logged. */
export function traceNotPassedOn(findings: Findings): Cause | undefined {
  return callWithoutServerSpan(findings) ?? callInDarkTime(findings);
}

/** A call of a service of the stack that left no span there: it ends at its client span, or at that of the front end. */
function callWithoutServerSpan(findings: Findings): Cause | undefined {
  const { stack, work, logs, requests, spans } = findings;
  const inTrace = new Set(spans.map(({ service }) => service));
  for (const { node, nanos } of work) {
    const { span, children } = node;
    const behind = span.attributes[FRONT_END_SERVICE];
    const callee = stack.services.find(({ name }) => name === behind) ?? calledService(stack, span);
    if (!callee || children.length > 0 || !isLong(findings, nanos)) continue;
    const arrived = logs.find(
      ({ log, service, spanId, caller }) =>
        log === 'requests' &&
        service === callee.name &&
        [spanId, caller?.context?.spanId ?? span.spanId].includes(span.spanId),
    );
    const caller = serviceOfSpans(stack, span.service);
    if (arrived && whyLost(arrived, inTrace, callee.spanService) === 'no-spans') {
      const onwards = callsWithoutHeader(requests, callee, requestPeriod(arrived));
      return causeBy('no-spans', callee, onwards, stack);
    }
    if (!arrived && caller) {
      const calls = callsWithoutHeader(requests, caller, periodOf(span));
      const ofCallee = calls.filter(({ service }) => service === callee.name);
      if (ofCallee.length > 0) return causeBy('no-header', caller, ofCallee, stack);
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
    if (calls.length > 0) return causeBy('no-header', caller, calls, stack);
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
    return {
      cause: 'trace-not-passed-on',
      text:
        `${caller.spanService} called ${callee.spanService} without the trace header, so Cloud Run began this trace in the ` +
        `middle of a request${rest}. ${lostHop('no-header', caller).advice}`,
      resource: caller,
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

/** What `service` has done to a hop, and called meanwhile, and what to do about it. */
function causeBy(
  because: LostBecause,
  service: StackService,
  calls: readonly LogEntry[],
  { services }: Stack,
): Cause {
  const { spanService: name } = service;
  const { text, advice } = lostHop(because, service);
  const ids = traceIdsOf(calls);
  const callees = new Set(
    calls.map((call) => services.find((one) => one.name === call.service)?.spanService ?? call.service),
  );
  const isCertain = calls.every(({ caller }) => caller?.account !== undefined);
  const who = isCertain ? name : `somebody, as the stack lets ${name} do,`;
  const [times, where] =
    ids.length === 1
      ? ['', 'in a trace of its own,']
      : [` ${ids.length} times`, 'for this request or for others, each in a trace of its own, such as'];
  const called = `${who} called ${[...callees].join(' and ')}${times}`;
  return {
    cause: 'trace-not-passed-on',
    text: [
      ...(because === 'no-spans' ? [`${text}.`] : []),
      ...(ids.length > 0 ? [`Meanwhile ${called} without the trace header, ${where} ${named(ids)}.`] : []),
      advice,
    ].join(' '),
    resource: service,
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
