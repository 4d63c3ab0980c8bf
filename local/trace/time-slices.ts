import { interferenceNote } from '../faults/interference';
import { FRONT_END_SERVICE } from './attribute-names';
import type { Span } from './span';
import type { TraceNode, TraceRoot } from './trace-tree';

/** A time in which one span, and none below it, explains why the root had not ended yet. */
export interface TimeSlice {
  readonly node: TraceNode;
  readonly startUnixNano: bigint;
  readonly endUnixNano: bigint;
  /** The child that ended when the slice begins; absent where the span itself, or its part that is looked at, began then. */
  readonly after?: Span;
  /** The child that began when the slice ends; absent where the span itself ended. */
  readonly before?: Span;
}

/** A part of a span's time that is still to be shared out. */
interface Part {
  readonly node: TraceNode;
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * The root's whole time, cut into slices without gap or overlap, earliest first. Seen from the end of each span, the
 * child that ended last is what it waited for, and before that child began, the one that ended last before. Of children
 * that were still running then, the one that began first has the time. What a child did before or after its parent, as
 * skewed clocks and abandoned work do, is no time of the root's.
 */
export function timeSlices(root: TraceRoot): TimeSlice[] {
  const slices: TimeSlice[] = [];
  const open: Part[] = [{ node: root, start: root.span.startUnixNano, end: root.span.endUnixNano }];
  for (let part = open.pop(); part; part = open.pop()) {
    const { own, children } = share(part);
    slices.push(...own);
    open.push(...children);
  }
  return slices.toSorted((a, b) => (a.startUnixNano < b.startUnixNano ? -1 : 1));
}

/** What of a part is the span's own, and what is its children's. */
function share({ node, start, end }: Part): { own: TimeSlice[]; children: Part[] } {
  const own: TimeSlice[] = [];
  const children: Part[] = [];
  const lastFirst = explaining(node).toSorted((a, b) => (a.span.endUnixNano > b.span.endUnixNano ? -1 : 1));
  let at = end;
  let next = 0;
  let before: Span | undefined;
  // The earliest beginning of those that had not ended at `at` yet.
  let running: TraceNode | undefined;
  while (at > start) {
    for (let child = lastFirst[next]; child && child.span.endUnixNano >= at; child = lastFirst[++next]) {
      if (!running || child.span.startUnixNano < running.span.startUnixNano) running = child;
    }
    if (running && running.span.startUnixNano < at) {
      const from = max(running.span.startUnixNano, start);
      children.push({ node: running, start: from, end: at });
      before = running.span;
      at = from;
      continue;
    }
    const after = lastFirst[next]?.span;
    const from = after ? max(after.endUnixNano, start) : start;
    own.push({
      node,
      startUnixNano: from,
      endUnixNano: at,
      ...(after && from > start && { after }),
      ...(before && { before }),
    });
    at = from;
  }
  return { own, children };
}

/**
 * The children of a span without the front end's of a request whose service tells of it itself: its span names the same
 * parent, so that it stands beside the front end's. What was done to the request on its way only the front end tells.
 */
function explaining({ children }: TraceNode): readonly TraceNode[] {
  const isTold = children.some((child) => child.span.kind === 'server' && !isFrontEnd(child));
  return children.filter(
    (child) => !isTold || !isFrontEnd(child) || interferenceNote(child.span.attributes) !== undefined,
  );
}

function isFrontEnd({ span }: TraceNode): boolean {
  return span.attributes[FRONT_END_SERVICE] !== undefined;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
