import {
  FRONT_END_SERVICE,
  DEADLINE_EXCEEDED,
  ERROR_TYPE,
  HTTP_METHOD,
  HTTP_ROUTE,
  HTTP_STATUS,
} from './attribute-names';
import { firstAttribute, type Span } from './span';

/** One line of the list of traces. */
export interface TraceSummary {
  readonly traceId: string;
  /** Name of the earliest span without a parent in the trace. */
  readonly rootName: string;
  /** The service that the request came to, its method, route and its answer's status, where the spans tell them. */
  readonly entryService: string;
  readonly method?: string;
  readonly route?: string;
  readonly status?: number;
  /** In the order of their first span. */
  readonly services: readonly string[];
  readonly startUnixNano: bigint;
  /** First start to last end. */
  readonly durationNano: bigint;
  readonly spanCount: number;
  /** Whether any span failed. */
  readonly error: boolean;
  /** Why the trace would be kept at any sampling ratio. */
  readonly keptBecause?: 'deadline exceeded' | 'abandoned' | 'failed';
}

/** The summary of a trace by its spans, in any order. */
export function summarize(traceId: string, arrived: readonly Span[]): TraceSummary {
  const spans = arrived.toSorted((a, b) => (a.startUnixNano < b.startUnixNano ? -1 : 1));
  const ids = new Set(spans.map((span) => span.spanId));
  const root =
    spans.find((span) => span.parentSpanId === undefined || !ids.has(span.parentSpanId)) ?? spans[0];
  const entry = entryOf(root, spans);
  const method = entry && firstAttribute(entry, HTTP_METHOD);
  const route = entry && firstAttribute(entry, HTTP_ROUTE);
  const status = [root, entry]
    .flatMap((span) => (span ? [Number(firstAttribute(span, HTTP_STATUS))] : []))
    .find((code) => Number.isInteger(code));
  const startUnixNano = spans[0]?.startUnixNano ?? 0n;
  const endUnixNano = spans.reduce(
    (end, span) => (span.endUnixNano > end ? span.endUnixNano : end),
    startUnixNano,
  );
  const keptBecause = reasonToKeep(spans);
  return {
    traceId,
    rootName: root?.name ?? '',
    entryService: entry?.service ?? '',
    ...(method !== undefined && { method: String(method) }),
    ...(route !== undefined && { route: String(route) }),
    ...(status !== undefined && { status }),
    services: [...new Set(spans.map((span) => span.service))],
    startUnixNano,
    durationNano: endUnixNano - startUnixNano,
    spanCount: spans.length,
    error: spans.some((span) => span.status === 'error'),
    ...(keptBecause && { keptBecause }),
  };
}

/** The service's own span of the request: below the front end's, where the trace has that. */
function entryOf(root: Span | undefined, spans: readonly Span[]): Span | undefined {
  if (root?.attributes[FRONT_END_SERVICE] === undefined) return root;
  return spans.find(({ parentSpanId }) => parentSpanId === root.spanId) ?? root;
}

/** As the services decide it: calls that failed below a span that did not are no reason. */
function reasonToKeep(spans: readonly Span[]): TraceSummary['keptBecause'] {
  const own = spans.filter(({ kind }) => kind !== 'client' && kind !== 'producer');
  if (own.some(({ attributes }) => attributes[DEADLINE_EXCEEDED] === true)) return 'deadline exceeded';
  if (own.some(({ attributes }) => attributes[ERROR_TYPE] === 'aborted')) return 'abandoned';
  const failed = own.some(
    (span) =>
      span.status === 'error' ||
      (span.kind === 'server' && Number(firstAttribute(span, HTTP_STATUS)) >= 500) ||
      span.events.some(({ name }) => name === 'exception'),
  );
  return failed ? 'failed' : undefined;
}
