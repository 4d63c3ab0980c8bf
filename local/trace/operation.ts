import { interferenceNote } from '../faults/interference';
import type { TraceNode } from './trace-tree';

/** Every node below its parent, in all trees. */
export function parentsOf(roots: readonly TraceNode[]): ReadonlyMap<TraceNode, TraceNode> {
  const parents = new Map<TraceNode, TraceNode>();
  const open = [...roots];
  for (let node = open.pop(); node; node = open.pop()) {
    for (const child of node.children) parents.set(child, node);
    open.push(...node.children);
  }
  return parents;
}

/**
 * The call that a span is a part of, such as `gcs.upload` of its attempts, and of what the local cloud tells of the one who
 * was called; the span itself where it is in none.
 */
export function operationOf(node: TraceNode, parents: ReadonlyMap<TraceNode, TraceNode>): TraceNode {
  const toldByCallee = node.children.length === 0 && interferenceNote(node.span.attributes) !== undefined;
  const called = (toldByCallee && parents.get(node)) || node;
  let operation = called;
  for (let parent = parents.get(called); parent; parent = parents.get(parent)) {
    if (parent.span.service !== called.span.service || parent.span.kind !== 'client') break;
    operation = parent;
  }
  return operation;
}
