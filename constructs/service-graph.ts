import type { IConstruct } from 'constructs';
import { ValidationError } from './validation';

const graphs = new WeakMap<IConstruct, ServiceGraph>();

/** Which service calls which, over all stacks of an app. */
export class ServiceGraph {
  static of(scope: IConstruct): ServiceGraph {
    const graph = graphs.get(scope.node.root) ?? new ServiceGraph();
    graphs.set(scope.node.root, graph);
    return graph;
  }

  readonly #callees = new Map<IConstruct, Set<IConstruct>>();

  private constructor() {}

  /** Records that `caller` calls `callee`. Throws TCR009, TCR010 or TCR011 when the call cannot be declared. */
  addCall(caller: IConstruct, callee: IConstruct): void {
    const callees = this.#callees.get(caller) ?? new Set<IConstruct>();
    const { path } = caller.node;
    const name = callee.node.id;
    if (callee === caller) {
      throw new ValidationError('TCR009', path, `'${name}' cannot call itself; call a function instead`);
    }
    if (callees.has(callee)) {
      throw new ValidationError(
        'TCR010',
        path,
        `the call to '${name}' is declared twice; keep one calls() with one deadlineMs`,
      );
    }
    const back = this.#path(callee, caller);
    if (back) {
      const cycle = [caller, ...back].map((service) => service.node.id).join(' -> ');
      throw new ValidationError(
        'TCR011',
        path,
        `calling '${name}' closes the cycle ${cycle}; no service of a cycle can be deployed before the others: ` +
          'take one of these calls out',
      );
    }
    this.#callees.set(caller, callees.add(callee));
  }

  /** Services from one to the other along declared calls, both included. No way leads on from those `seen`. */
  #path(from: IConstruct, to: IConstruct, seen = new Set<IConstruct>()): IConstruct[] | undefined {
    if (from === to) return [to];
    seen.add(from);
    for (const callee of this.#callees.get(from) ?? []) {
      const rest = seen.has(callee) ? undefined : this.#path(callee, to, seen);
      if (rest) return [from, ...rest];
    }
    return undefined;
  }
}
