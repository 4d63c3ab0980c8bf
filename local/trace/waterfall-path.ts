import type { CriticalPath, DarkTime } from './critical-path';
import { formatDuration, formatMs } from './milliseconds';
import { operationOf, parentsOf } from './operation';
import type { TraceNode } from './trace-tree';

/** How many operations the headline names. */
const NAMED = 3;
/** Operations with less than this part of the path, 5 %, are not named. */
const NAMED_PART = 20n;

/** What the root waited for longest: `critical path: 980 ms storage 'gcs.upload', ...`; empty for a path of one span. */
export function pathHeadline({ segments }: CriticalPath, roots: readonly TraceNode[]): string {
  const parents = parentsOf(roots);
  const byId = new Map([...roots, ...parents.keys()].map((node) => [node.span.spanId, node]));
  const times = new Map<TraceNode, bigint>();
  let total = 0n;
  for (const { spanId, startUnixNano, endUnixNano } of segments) {
    const node = byId.get(spanId);
    if (!node) continue;
    const operation = operationOf(node, parents);
    const duration = endUnixNano - startUnixNano;
    times.set(operation, (times.get(operation) ?? 0n) + duration);
    total += duration;
  }
  if (times.size < 2) return '';
  const named = [...times]
    .toSorted(([, a], [, b]) => (a > b ? -1 : 1))
    .slice(0, NAMED)
    .filter(([, duration]) => duration * NAMED_PART >= total)
    .map(([{ span }, duration]) => `${formatDuration(duration)} ${span.service} '${span.name}'`);
  return `critical path: ${named.join(', ')}`;
}

/** What stands below a span that has a dark time; `startUnixNano` is the trace's. */
export function darkNote(time: DarkTime, startUnixNano: bigint): string {
  const duration = formatMs(time.endUnixNano - time.startUnixNano);
  return `dark for ${duration} ms from ${formatMs(time.startUnixNano - startUnixNano)}: no span tells why`;
}
