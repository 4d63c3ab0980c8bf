import type { LogStore } from '../logging/log-store';
import type { Service } from '../run/cloud-run';
import { type LostBecause, reachedContainer, requestPeriod, whyLost } from '../trace/lost-hop';
import type { Span } from '../trace/span';
import type { TraceStore } from '../trace/trace-store';

/** Callers that are not deployed here. */
export const OUTSIDE = 'outside';

export interface CallCount {
  /** Requests that arrived at the service's front end; of a bucket, the calls that are in traces. */
  readonly calls: number;
  /** How many of them a kept trace shows. */
  readonly traced: number;
  /** How many of them were answered with 401 or 403. */
  readonly refused: number;
  /** Those that are not in the trace they belong to, by the reason. */
  readonly lost: ReadonlyMap<LostBecause, LostCalls>;
}

interface LostCalls {
  readonly calls: number;
  /** Of the newest one, as it arrived. */
  readonly traceId: string;
}

/** Calls between services, from outside and to buckets. */
interface CallCounts {
  get(from: string, to: string): CallCount;
}

interface CallSources {
  readonly services: readonly Service[];
  readonly buckets: readonly string[];
  readonly traces: TraceStore;
  readonly logs: LogStore;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** One call. */
interface Call {
  readonly from: string;
  readonly to: string;
  readonly traced: boolean;
  readonly refused: boolean;
  readonly lost?: { readonly because: LostBecause; readonly traceId: string };
}

const NONE: CallCount = { calls: 0, traced: 0, refused: 0, lost: new Map() };

/** Spans are sent every 5 s (OpenTelemetry's batch span processor, by default): they are waited for twice as long. */
const SETTLED_AFTER_MS = 10_000;

/** Counts what arrived at services, by the request log, and what was asked of buckets, by the client spans that name one. */
export function countCalls(sources: CallSources): CallCounts {
  const { traces } = sources;
  const spans = new Map(traces.idsStartingWith('').map((id) => [id, traces.trace(id)?.spans ?? []]));
  const counts = new Map<string, CallCount>();
  for (const call of [...requestCalls(sources, spans), ...bucketCalls(sources, spans)]) {
    const key = `${call.from} ${call.to}`;
    counts.set(key, add(counts.get(key) ?? NONE, call));
  }
  return { get: (from, to) => counts.get(`${from} ${to}`) ?? NONE };
}

function add({ calls, traced, refused, lost }: CallCount, call: Call): CallCount {
  const { because, traceId } = call.lost ?? {};
  return {
    calls: calls + 1,
    traced: traced + Number(call.traced),
    refused: refused + Number(call.refused),
    lost:
      because === undefined
        ? lost
        : new Map([
            ...lost,
            [because, { calls: (lost.get(because)?.calls ?? 0) + 1, traceId: traceId ?? '' }],
          ]),
  };
}

type SpansByTrace = ReadonlyMap<string, readonly Span[]>;

/**
 * Requests by who sent them: the service whose account the ID token proves, and where several share that account or there
 * is no token, the one whose span the trace header names.
 */
function requestCalls({ services, logs, nowMs }: CallSources, spansByTrace: SpansByTrace): Call[] {
  const names = namesInSpans(services);
  const spanNames = new Map([...names].map(([inSpans, name]) => [name, inSpans]));
  const calls: Call[] = [];
  for (const entry of logs.list()) {
    const { caller, service: to, traceId = '', httpRequest } = entry;
    if (entry.log !== 'requests') continue;
    const spans = spansByTrace.get(traceId) ?? [];
    const inTrace = new Set(spans.map(({ service }) => service).filter((service) => names.has(service)));
    const ofSpan = names.get(spans.find(({ spanId }) => spanId === caller?.context?.spanId)?.service ?? '');
    const ofAccount = services
      .filter(({ spec }) => spec.template.serviceAccount === caller?.account)
      .map(({ spec }) => spec.name);
    const from = ofAccount.find((name) => name === ofSpan) ?? ofAccount[0] ?? ofSpan ?? OUTSIDE;
    const [calling, called] = [from, to].map((name) => services.find(({ spec }) => spec.name === name));
    const { startMs, endMs } = requestPeriod(entry);
    if (!isOf(startMs, calling?.createTime) || !isOf(startMs, called?.createTime)) continue;
    const callee = spanNames.get(to) ?? to;
    const because = from === OUTSIDE ? undefined : whyLost(entry, inTrace, callee);
    const settled = because === 'no-header' || endMs + SETTLED_AFTER_MS <= nowMs;
    // What an earlier revision did has been changed since.
    const current = isOf(startMs, because === 'no-header' ? calling?.updateTime : called?.updateTime);
    calls.push({
      from,
      to,
      refused: isRefusal(httpRequest?.['status']),
      // What the front end answered itself is in the trace by its caller's span alone.
      traced:
        because === undefined &&
        (inTrace.has(callee) || (inTrace.has(spanNames.get(from) ?? '') && !reachedContainer(entry))),
      ...(because && settled && current && { lost: { because, traceId } }),
    });
  }
  return calls;
}

function bucketCalls({ services, buckets }: CallSources, spansByTrace: SpansByTrace): Call[] {
  const names = namesInSpans(services);
  const isBucket = new Set(buckets);
  const calls: Call[] = [];
  for (const spans of spansByTrace.values()) {
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    for (const span of spans) {
      const from = names.get(span.service);
      const to = bucketOf(span, isBucket);
      const calling = services.find(({ spec }) => spec.name === from);
      if (from === undefined || to === undefined) continue;
      if (!isOf(Number(span.startUnixNano) / 1e6, calling?.createTime)) continue;
      // An operation on a bucket names it in its own span and maybe again in those of its attempts.
      const parent = byId.get(span.parentSpanId ?? '');
      if (parent && bucketOf(parent, isBucket) === to) continue;
      const { 'http.response.status_code': status, 'error.type': error } = span.attributes;
      calls.push({ from, to, traced: true, refused: isRefusal(status, error) });
    }
  }
  return calls;
}

/**
 * Whether what was at `atMs` is of what has been there since `time` (RFC 3339): kept traces outlive a deployment, and the
 * next one may have services and accounts of the same names. True without a time.
 */
function isOf(atMs: number, time: string | undefined): boolean {
  return time === undefined || atMs >= Date.parse(time);
}

/** `service.name` of the spans of the services -> name in Cloud Run. */
function namesInSpans(services: readonly Service[]): ReadonlyMap<string, string> {
  return new Map(
    services.map(({ spec }) => [spec.template.container.env['OTEL_SERVICE_NAME'] ?? spec.name, spec.name]),
  );
}

/** The bucket that one of the attributes of a client span names. */
function bucketOf({ kind, attributes }: Span, buckets: ReadonlySet<string>): string | undefined {
  const named = Object.values(attributes).find((value) => typeof value === 'string' && buckets.has(value));
  return kind !== 'client' || named === undefined ? undefined : String(named);
}

function isRefusal(...statuses: unknown[]): boolean {
  return statuses.some((status) => ['401', '403'].includes(String(status)));
}
