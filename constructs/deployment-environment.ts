import { Sampling } from './sampling';

/** A place the system is deployed to, with the decisions that follow from it. */
export class DeploymentEnvironment {
  /** The local cloud: everything may be destroyed, every trace is kept. */
  static local(): DeploymentEnvironment {
    return new DeploymentEnvironment('local', {
      disposable: true,
      sampling: Sampling.always(),
      minInstances: 0,
    });
  }

  /** Like production, except that everything may be destroyed and every trace is kept. */
  static staging(): DeploymentEnvironment {
    return new DeploymentEnvironment('staging', {
      disposable: true,
      sampling: Sampling.always(),
      minInstances: 0,
    });
  }

  /** Services and buckets with objects are not destroyed, 10 % of the traces are kept, one instance stays warm. */
  static production(): DeploymentEnvironment {
    return new DeploymentEnvironment('production', {
      disposable: false,
      sampling: Sampling.ratio(0.1),
      minInstances: 1,
    });
  }

  /** Whether `destroy` may take services, and buckets that still hold objects. */
  readonly disposable: boolean;
  /** Of a service that does not say otherwise. */
  readonly sampling: Sampling;
  /** Of a service that does not say otherwise. */
  readonly minInstances: number;

  private constructor(
    /** `deployment.environment.name` of every span, and part of every resource's name. */
    readonly name: 'local' | 'staging' | 'production',
    decisions: { disposable: boolean; sampling: Sampling; minInstances: number },
  ) {
    this.disposable = decisions.disposable;
    this.sampling = decisions.sampling;
    this.minInstances = decisions.minInstances;
  }
}
