import type { CriticalPath, DarkTime } from './critical-path';
import { formatDuration, formatMs } from './milliseconds';
import type { Span } from './span';

/** How many spans the headline names. */
const NAMED_SPANS = 3;
/** Spans with less than this part of the path, 5 %, are not named. */
const NAMED_PART = 20n;

/** The spans that the root waited for longest: `critical path: 980 ms storage 'gcs.attempt', ...`; empty for one span. */
export function pathHeadline({ segments }: CriticalPath, spans: readonly Span[]): string {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const times = new Map<string, bigint>();
  let total = 0n;
  for (const { spanId, startUnixNano, endUnixNano } of segments) {
    const duration = endUnixNano - startUnixNano;
    times.set(spanId, (times.get(spanId) ?? 0n) + duration);
    total += duration;
  }
  if (times.size < 2) return '';
  const longest = [...times]
    .toSorted(([, a], [, b]) => (a > b ? -1 : 1))
    .slice(0, NAMED_SPANS)
    .filter(([, duration]) => duration * NAMED_PART >= total);
  const named = longest.map(([spanId, duration]) => {
    const span = byId.get(spanId);
    return `${formatDuration(duration)} ${span?.service ?? ''} '${span?.name ?? ''}'`;
  });
  return `critical path: ${named.join(', ')}`;
}

/** What stands below a span that has a dark time; `startUnixNano` is the trace's. */
export function darkNote(time: DarkTime, startUnixNano: bigint): string {
  const duration = formatMs(time.endUnixNano - time.startUnixNano);
  return `dark for ${duration} ms from ${formatMs(time.startUnixNano - startUnixNano)}: no span tells why`;
}
