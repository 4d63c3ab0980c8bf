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

/** The call that a span is a part of, such as `gcs.upload` of its attempts; the span itself where it is in none. */
export function operationOf(node: TraceNode, parents: ReadonlyMap<TraceNode, TraceNode>): TraceNode {
  let operation = node;
  for (let parent = parents.get(node); parent; parent = parents.get(parent)) {
    if (parent.span.service !== node.span.service || parent.span.kind !== 'client') break;
    operation = parent;
  }
  return operation;
}
