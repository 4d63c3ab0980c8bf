import type { IConstruct } from 'constructs';
import type { ITracedCloudRunService } from './imported-service';
import { ValidationError } from './validation';

/** A declared call, and how long the caller waits for it. */
export interface ServiceCall {
  readonly caller: ITracedCloudRunService;
  readonly callee: ITracedCloudRunService;
  readonly deadlineMs: number;
}

const graphs = new WeakMap<IConstruct, ServiceGraph>();

/** Which service calls which, over all stacks of an app. */
export class ServiceGraph {
  static of(scope: IConstruct): ServiceGraph {
    const graph = graphs.get(scope.node.root) ?? new ServiceGraph();
    graphs.set(scope.node.root, graph);
    return graph;
  }

  /** Calls by caller, of every service in the order they were composed in. */
  readonly #calls = new Map<ITracedCloudRunService, Map<ITracedCloudRunService, ServiceCall>>();

  private constructor() {}

  /** Records a service, whether it calls others or not. */
  addService(service: ITracedCloudRunService): void {
    if (!this.#calls.has(service)) this.#calls.set(service, new Map());
  }

  /** Records a call. Throws TCR009, TCR010 or TCR011 when it cannot be declared. */
  addCall(call: ServiceCall): void {
    const { caller, callee } = call;
    const { path } = caller.node;
    const name = callee.node.id;
    if (callee === caller) {
      throw new ValidationError('TCR009', path, `'${name}' cannot call itself; call a function instead`);
    }
    if (this.#calls.get(caller)?.has(callee)) {
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
    this.addService(caller);
    this.addService(callee);
    this.#calls.get(caller)?.set(callee, call);
  }

  /** Calls that a service makes, in the order they were declared in. */
  callsOf(caller: ITracedCloudRunService): ServiceCall[] {
    return [...(this.#calls.get(caller)?.values() ?? [])];
  }

  /**
   * Every service before those it calls: those that nobody calls in the order they were composed in, callees in the
   * order of the calls. Services of others that are called are among them. Calls may still be declared, so ask when the
   * stack is complete.
   */
  inCallOrder(): ITracedCloudRunService[] {
    const ordered: ITracedCloudRunService[] = [];
    const seen = new Set<ITracedCloudRunService>();
    const visit = (service: ITracedCloudRunService): void => {
      if (seen.has(service)) return;
      seen.add(service);
      for (const callee of [...(this.#calls.get(service)?.keys() ?? [])].toReversed()) visit(callee);
      ordered.push(service);
    };
    for (const service of [...this.#calls.keys()].toReversed()) visit(service);
    return ordered.toReversed();
  }

  /**
   * TCR031 for every deadline of a service that does not fit inside one of its callers', one error each. Every path is
   * covered by its pairs of calls: where each deadline is below the one before, the last is below the first.
   */
  deadlineErrors(service: ITracedCloudRunService): ValidationError[] {
    const inner = this.callsOf(service);
    const outer = [...this.#calls.values()].flatMap((calls) => calls.get(service) ?? []);
    return outer.flatMap((from) =>
      inner
        .filter(({ deadlineMs }) => deadlineMs >= from.deadlineMs)
        .map(({ callee, deadlineMs }) => {
          const [caller, name, last] = [from.caller, service, callee].map(({ node }) => node.id);
          return new ValidationError(
            'TCR031',
            service.node.path,
            `'${caller}' waits ${from.deadlineMs} ms for '${name}', which waits ${deadlineMs} ms for '${last}': ` +
              `'${caller}' would give up first, and the 504 would say nothing of '${last}'; write less than ` +
              `${from.deadlineMs} ms here or more than ${deadlineMs} ms in '${caller}'`,
          );
        }),
    );
  }

  /** Services from one to the other along declared calls, both included. No way leads on from those `seen`. */
  #path(
    from: ITracedCloudRunService,
    to: ITracedCloudRunService,
    seen = new Set<ITracedCloudRunService>(),
  ): ITracedCloudRunService[] | undefined {
    if (from === to) return [to];
    seen.add(from);
    for (const callee of this.#calls.get(from)?.keys() ?? []) {
      const rest = seen.has(callee) ? undefined : this.#path(callee, to, seen);
      if (rest) return [from, ...rest];
    }
    return undefined;
  }
}
