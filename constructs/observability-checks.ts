import type { Node } from 'constructs';
import { ValidationError } from './validation';

/** Refuses a second alert, objective or check of one kind on one service. `method` made the first. */
export function checkOnlyOne(node: Node, id: string, method: string): void {
  if (!node.tryFindChild(id)) return;
  throw new ValidationError(
    'TCR054',
    node.path,
    `${method} was called already; keep one call with everything it needs`,
  );
}
