import type { LogEntry, LogStore } from '../logging/log-store';
import type { Service } from '../run/cloud-run';
import type { Span } from '../trace/span';
import type { TraceStore } from '../trace/trace-store';

/** Callers that are not deployed here. */
export const OUTSIDE = 'outside';

interface CallCount {
  readonly seen: number;
  /** How many of them were answered with 401 or 403. */
  readonly refused: number;
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
}

const NONE: CallCount = { seen: 0, refused: 0 };

/**
 * Counts what the kept traces and request logs show. A call is a client span to a service's address, or one that names
 * a bucket: what answers need not be traced. A request from outside is one whose trace has no such span.
 */
export function countCalls({ services, buckets, traces, logs }: CallSources): CallCounts {
  const counts = new Map<string, CallCount>();
  const count = (from: string, to: string, refused: boolean): void => {
    const { seen, refused: before } = counts.get(`${from} ${to}`) ?? NONE;
    counts.set(`${from} ${to}`, { seen: seen + 1, refused: before + (refused ? 1 : 0) });
  };
  const names = new Map(
    services.map(({ spec }) => [spec.template.container.env['OTEL_SERVICE_NAME'] ?? spec.name, spec.name]),
  );
  const addresses = new Map(services.map(({ uri, spec }) => [new URL(uri).host, spec.name]));
  const isBucket = new Set(buckets);

  /** trace id and callee of every call that a deployed service has made */
  const inside = new Set<string>();
  for (const traceId of traces.idsStartingWith('')) {
    const spans = traces.trace(traceId)?.spans ?? [];
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    for (const span of spans) {
      const from = names.get(span.service);
      const to = from === undefined ? undefined : calleeOf(span, addresses, isBucket);
      if (from === undefined || to === undefined) continue;
      inside.add(`${traceId} ${to}`);
      // An operation on a bucket names it in its own span and maybe again in those of its attempts.
      const parent = byId.get(span.parentSpanId ?? '');
      if (parent && calleeOf(parent, addresses, isBucket) === to) continue;
      count(from, to, isRefusal(span.attributes['http.response.status_code'], span.attributes['error.type']));
    }
  }
  for (const entry of logs.list()) {
    if (entry.log !== 'requests' || inside.has(`${entry.traceId} ${entry.service}`)) continue;
    count(OUTSIDE, entry.service, isRefusal(statusOf(entry)));
  }
  return { get: (from, to) => counts.get(`${from} ${to}`) ?? NONE };
}

/** The service that a client span calls by its address, or the bucket that one of its attributes names. */
function calleeOf(
  { kind, attributes }: Span,
  addresses: ReadonlyMap<string, string>,
  buckets: ReadonlySet<string>,
): string | undefined {
  if (kind !== 'client') return undefined;
  const address = `${String(attributes['server.address'])}:${String(attributes['server.port'])}`;
  const named = Object.values(attributes).find((value) => typeof value === 'string' && buckets.has(value));
  return addresses.get(address) ?? (named === undefined ? undefined : String(named));
}

function statusOf({ httpRequest }: LogEntry): unknown {
  return httpRequest?.['status'];
}

function isRefusal(...statuses: unknown[]): boolean {
  return statuses.some((status) => ['401', '403'].includes(String(status)));
}
