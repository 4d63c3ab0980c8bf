import { interferenceNote } from '../faults/interference';
import type { LogEntry } from '../logging/log-store';
import type { Span } from './span';
import { type TimeSlice, timeSlices } from './time-slices';
import { buildTraceTree } from './trace-tree';

/** A time in which one span is what the root waited for. */
interface PathSegment {
  readonly spanId: string;
  readonly startUnixNano: bigint;
  readonly endUnixNano: bigint;
}

/** A time in which the root waited and no span says for what. */
export interface DarkTime {
  /** The span whose time it is. */
  readonly parentSpanId: string;
  readonly startUnixNano: bigint;
  readonly endUnixNano: bigint;
  /** Such as `the start of gateway 'POST /process' and the start of gateway 'POST'`. */
  readonly between: string;
}

export interface CriticalPath {
  /** Earliest first. Together with the dark times they are the root's time, without gap or overlap. */
  readonly segments: readonly PathSegment[];
  readonly darkTimes: readonly DarkTime[];
}

/** Shorter gaps are what serialization, a garbage collection or a busy event loop take between two spans. */
const DARK_FROM_NANO = 20_000_000n;

/** A gap below this part of the root's time, 5 %, is not what made the request slow. */
const DARK_FROM_PART = 20n;

/** The critical path of the trace's earliest root. `logs` are the entries of the trace. */
export function criticalPath(spans: readonly Span[], logs: readonly LogEntry[]): CriticalPath {
  const [root] = buildTraceTree(spans, logs);
  const slices = root ? timeSlices(root) : [];
  const total = root ? root.span.endUnixNano - root.span.startUnixNano : 0n;
  return {
    segments: slices
      .filter((slice) => !isDark(slice, total))
      .map(({ node, startUnixNano, endUnixNano }) => ({
        spanId: node.span.spanId,
        startUnixNano,
        endUnixNano,
      })),
    darkTimes: slices
      .filter((slice) => isDark(slice, total))
      .map((slice) => ({
        parentSpanId: slice.node.span.spanId,
        startUnixNano: slice.startUnixNano,
        endUnixNano: slice.endUnixNano,
        between: betweenOf(slice),
      })),
  };
}

/**
 * Whether nothing explains the slice. A span without children is its own explanation (`gcs.attempt`, `extract text`),
 * unless it only says that a request was served and not what became of it on the way.
 */
export function isDark({ node, startUnixNano, endUnixNano }: TimeSlice, totalNano: bigint): boolean {
  const { kind, attributes } = node.span;
  const saysWhy = (kind !== 'server' && kind !== 'consumer') || interferenceNote(attributes) !== undefined;
  if (node.children.length === 0 && saysWhy) return false;
  const duration = endUnixNano - startUnixNano;
  return duration >= DARK_FROM_NANO && duration * DARK_FROM_PART >= totalNano;
}

/** Between what and what the slice lies. */
export function betweenOf({ node, after, before }: TimeSlice): string {
  const from = after ? `the end of ${named(after)}` : `the start of ${named(node.span)}`;
  const to = before ? `the start of ${named(before)}` : `the end of ${named(node.span)}`;
  return `${from} and ${to}`;
}

function named({ service, name }: Span): string {
  return `${service} '${name}'`;
}
