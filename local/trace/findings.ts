import type { LogEntry } from '../logging/log-store';
import { HTTP_STATUS } from './attribute-names';
import { isDark } from './critical-path';
import { operationOf, parentsOf } from './operation';
import { firstAttribute, type Span } from './span';
import type { Stack } from './stack';
import { type TimeSlice, timeSlices } from './time-slices';
import { buildTraceTree, type TraceNode, type TraceRoot } from './trace-tree';

/** A trace and what is known around it. */
export interface TraceInQuestion {
  readonly spans: readonly Span[];
  /** The entries of the trace. */
  readonly logs: readonly LogEntry[];
  readonly stack: Stack;
  /** The request log (`log: 'requests'`) of all traces: what arrived at the services, in whatever trace. */
  readonly requests: readonly LogEntry[];
  /** What Cloud Run said about its containers (`log: 'system'`). */
  readonly systemLogs: readonly LogEntry[];
}

/** What the request waited for, in one piece of work: an operation with everything below it, or a dark time. */
export interface Work {
  readonly node: TraceNode;
  readonly nanos: bigint;
  /** Set for a dark time. */
  readonly dark?: TimeSlice;
}

/** What can be read from the trace without guessing at causes. */
export interface Findings extends TraceInQuestion {
  readonly root: TraceRoot;
  readonly totalNano: bigint;
  /** Longest first. */
  readonly work: readonly Work[];
  /** Every node below its parent. */
  readonly parents: ReadonlyMap<TraceNode, TraceNode>;
  /** Nodes of all trees, parents before their children. */
  readonly nodes: readonly TraceNode[];
  /** Whether the request as a whole failed: an error, or a status from 400. */
  readonly failed: boolean;
}

/** Undefined where no span has arrived. */
export function findingsOf(question: TraceInQuestion): Findings | undefined {
  const roots = buildTraceTree(question.spans, question.logs);
  const [root] = roots;
  if (!root) return undefined;
  const parents = parentsOf(roots);
  const nodes: TraceNode[] = [];
  const open: TraceNode[] = roots.toReversed();
  for (let node = open.pop(); node; node = open.pop()) {
    nodes.push(node);
    open.push(...node.children.toReversed());
  }
  const { startUnixNano, endUnixNano } = root.span;
  const totalNano = endUnixNano > startUnixNano ? endUnixNano - startUnixNano : 0n;
  return {
    ...question,
    root,
    totalNano,
    work: workOf(timeSlices(root), totalNano, parents),
    parents,
    nodes,
    failed: root.span.status === 'error' || Number(firstAttribute(root.span, HTTP_STATUS)) >= 400,
  };
}

/** Whole percent of the root's time. */
export function percent({ totalNano }: Findings, nanos: bigint): number {
  return totalNano === 0n ? 0 : Number((nanos * 100n + totalNano / 2n) / totalNano);
}

/** With less than this part of the request's time, in percent, something is not why the request was slow. */
const CAUSE_PERCENT = 30;

/** Whether so many nanoseconds are a part of the request's time that matters. */
export function isLong(findings: Findings, nanos: bigint): boolean {
  return percent(findings, nanos) >= CAUSE_PERCENT;
}

function workOf(
  slices: readonly TimeSlice[],
  totalNano: bigint,
  parents: ReadonlyMap<TraceNode, TraceNode>,
): Work[] {
  const operations = new Map<TraceNode, bigint>();
  const dark: Work[] = [];
  for (const slice of slices) {
    const nanos = slice.endUnixNano - slice.startUnixNano;
    const operation = operationOf(slice.node, parents);
    if (isDark(slice, totalNano) && !pausesBetweenAttempts(operation, slice.node)) {
      dark.push({ node: slice.node, nanos, dark: slice });
    } else operations.set(operation, (operations.get(operation) ?? 0n) + nanos);
  }
  const work = [...operations].map(([node, nanos]) => ({ node, nanos }));
  return [...work, ...dark].toSorted((a, b) => (a.nanos > b.nanos ? -1 : 1));
}

/** A call of somebody who sends no spans explains itself, also between its attempts. */
function pausesBetweenAttempts(operation: TraceNode, node: TraceNode): boolean {
  const { kind, service } = operation.span;
  return kind === 'client' && node.children.every(({ span }) => span.service === service);
}
