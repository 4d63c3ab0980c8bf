import type { LogEntry } from '../logging/log-store';
import type { Span } from './span';

/** A span and the spans below it, earliest first. */
export interface TraceNode {
  readonly span: Span;
  readonly children: TraceNode[];
}

/** A span without a parent in the trace. */
export interface TraceRoot extends TraceNode {
  /** Why a span that names a parent stands at the top: the parent never arrived, or is a descendant of the span itself. */
  readonly orphan?: 'missing-parent' | 'cycle';
}

export interface TraceAssessment {
  /** Whether the trace is one tree with every parent present. */
  readonly complete: boolean;
  /** What is wrong with it, one clause each. */
  readonly problems: readonly string[];
}

/**
 * The trees of a trace, earliest root first. No span is left out, whatever its parent says. `logs` are the entries of
 * the trace: the request log tells the spans of Cloud Run's front end. They are sampled by Google and no part of what
 * the services send, so a span below one is no orphan where it is absent, nor is it one itself below a caller from
 * outside.
 */
export function buildTraceTree(spans: readonly Span[], logs: readonly LogEntry[]): TraceRoot[] {
  const nodes = new Map<string, TraceNode>();
  for (const span of spans.toSorted(byStart)) nodes.set(span.spanId, { span, children: [] });
  const frontEndSpans = new Set(logs.filter(({ log }) => log === 'requests').map(({ spanId }) => spanId));

  const atFrontEnd = ({ spanId, parentSpanId }: Span): boolean =>
    frontEndSpans.has(spanId) || frontEndSpans.has(parentSpanId);

  const roots: TraceRoot[] = [];
  for (const node of nodes.values()) {
    const { parentSpanId } = node.span;
    const parent = nodes.get(parentSpanId ?? '');
    if (parent) parent.children.push(node);
    else if (parentSpanId === undefined || atFrontEnd(node.span)) roots.push(node);
    else roots.push({ ...node, orphan: 'missing-parent' });
  }

  // What no root reaches hangs below a ring of spans. The ring is opened at its earliest span.
  const reached = new Set<string>();
  for (const root of roots) markReached(root, reached);
  for (const node of nodes.values()) {
    if (reached.has(node.span.spanId)) continue;
    const first = earliestInRing(node, nodes);
    const siblings = nodes.get(first.span.parentSpanId ?? '')?.children ?? [];
    siblings.splice(siblings.indexOf(first), 1);
    roots.push({ ...first, orphan: 'cycle' });
    markReached(first, reached);
  }
  return roots.toSorted((a, b) => byStart(a.span, b.span));
}

/**
 * Whether the trace is whole: one tree, every parent present, and every span that a container logged in. `logs` are the
 * entries of the trace.
 */
export function assessTrace(spans: readonly Span[], logs: readonly LogEntry[]): TraceAssessment {
  if (spans.length === 0) return { complete: false, problems: ['no span has arrived'] };
  const known = new Set(spans.map((span) => span.spanId));
  const problems: string[] = [];

  const roots = buildTraceTree(spans, logs);
  for (const { span, orphan } of roots) {
    const named = `${span.service} '${span.name}'`;
    if (orphan === 'cycle') problems.push(`${named} is its own ancestor`);
    if (orphan === 'missing-parent') {
      problems.push(`parent ${span.parentSpanId ?? ''} has not arrived, of ${named}`);
    }
  }
  if (roots.length > 1) {
    problems.push(
      `${roots.length} separate trees: ${roots.map(({ span }) => `${span.service} '${span.name}'`).join(', ')}`,
    );
  }

  const absent = new Map<string, string>();
  for (const { log, service, spanId, traceSampled } of logs) {
    const container = log === 'stdout' || log === 'stderr';
    if (container && traceSampled !== false && spanId !== undefined && !known.has(spanId))
      absent.set(spanId, service);
  }
  for (const [spanId, service] of absent)
    problems.push(`span ${spanId} has not arrived, which ${service} logged in`);
  return { complete: problems.length === 0, problems };
}

function byStart(a: Span, b: Span): number {
  if (a.startUnixNano !== b.startUnixNano) return a.startUnixNano < b.startUnixNano ? -1 : 1;
  // A parent and its child may start in the same tick; the longer one is the parent.
  return a.endUnixNano === b.endUnixNano ? 0 : a.endUnixNano > b.endUnixNano ? -1 : 1;
}

function markReached(from: TraceNode, reached: Set<string>): void {
  const open = [from];
  for (let node = open.pop(); node; node = open.pop()) {
    reached.add(node.span.spanId);
    open.push(...node.children);
  }
}

/** The ring that the parents of `from` lead into; its earliest span. `nodes` are in order of their start. */
function earliestInRing(from: TraceNode, nodes: ReadonlyMap<string, TraceNode>): TraceNode {
  const parentOf = (node: TraceNode): TraceNode => nodes.get(node.span.parentSpanId ?? '') ?? node;
  const passed = new Set<TraceNode>();
  let node = from;
  for (; !passed.has(node); node = parentOf(node)) passed.add(node);
  let earliest = node;
  for (let other = parentOf(node); other !== node; other = parentOf(other)) {
    if (byStart(other.span, earliest.span) < 0) earliest = other;
  }
  return earliest;
}
