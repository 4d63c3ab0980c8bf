import type { IConstruct } from 'constructs';
import type { ITracedCloudRunService } from './traced-cloud-run-service';
import { ValidationError } from './validation';

const graphs = new WeakMap<IConstruct, ServiceGraph>();

/** Which service calls which, over all stacks of an app. */
export class ServiceGraph {
  static of(scope: IConstruct): ServiceGraph {
    const graph = graphs.get(scope.node.root) ?? new ServiceGraph();
    graphs.set(scope.node.root, graph);
    return graph;
  }

  readonly #callees = new Map<ITracedCloudRunService, Set<ITracedCloudRunService>>();

  private constructor() {}

  /** Records that `caller` calls `callee`. Throws TCR009, TCR010 or TCR011 when the call cannot be declared. */
  addCall(caller: ITracedCloudRunService, callee: ITracedCloudRunService): void {
    const callees = this.#callees.get(caller) ?? new Set<ITracedCloudRunService>();
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

  /** Calls that a service makes, in the order they were declared in. */
  callsOf(caller: ITracedCloudRunService): { readonly callee: ITracedCloudRunService }[] {
    return [...(this.#callees.get(caller) ?? [])].map((callee) => ({ callee }));
  }

  /** Services from one to the other along declared calls, both included. No way leads on from those `seen`. */
  #path(
    from: ITracedCloudRunService,
    to: ITracedCloudRunService,
    seen = new Set<ITracedCloudRunService>(),
  ): ITracedCloudRunService[] | undefined {
    if (from === to) return [to];
    seen.add(from);
    for (const callee of this.#callees.get(from) ?? []) {
      const rest = seen.has(callee) ? undefined : this.#path(callee, to, seen);
      if (rest) return [from, ...rest];
    }
    return undefined;
  }
}
