import type { Access } from './access';
import type { DeploymentEnvironment } from './deployment-environment';
import type { LivenessProbe, StartupProbe } from './probe';
import type { Sampling } from './sampling';
import type { Secret } from './secret';
import type { ServiceCode } from './service-code';
import type { TrafficTarget } from './traffic-target';
import type { VpcEgress } from './vpc-egress';

export interface TracedCloudRunServiceProps {
  /** What the service runs. */
  readonly code: ServiceCode;
  /**
   * Decides about deletion protection, the default sampling and the instances that stay warm.
   *
   * @default DeploymentEnvironment.production()
   */
  readonly environment?: DeploymentEnvironment;
  /**
   * Who can reach the service.
   *
   * @default Access.authenticated()
   */
  readonly access?: Access;
  /**
   * How many of the traces that start at this service are kept.
   *
   * @default - every trace, in production 10 %
   */
  readonly sampling?: Sampling;
  /**
   * Cloud Run's name of the service, at most 49 characters.
   *
   * @default - the construct id and the environment, such as `gateway-staging`
   */
  readonly name?: string;
  /**
   * Region of the service and its buckets, such as `europe-west1`.
   *
   * @default - the region of the stack's google provider
   */
  readonly region?: string;
  /**
   * Labels of the service and its buckets, which appear on the bill.
   *
   * @default - none
   */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Whether Terraform refuses to destroy or replace the service, before it touches anything else (`prevent_destroy`). It
   * takes a deploy with `false` before it can be destroyed, and in production a waiver of the policy's rule
   * `service-deletion-protection` for that deploy.
   *
   * @default - false, in production true
   */
  readonly deletionProtection?: boolean;
  /**
   * CPUs of an instance: 1, 2, 4, 6 or 8, or from 0.08 to below 1, which takes a concurrency of 1 and cpuIdle.
   *
   * @default 1
   */
  readonly cpu?: number;
  /**
   * Memory of an instance in MiB, 512 to 32768, with cpuIdle from 128. Less than half a CPU has at most 512, less than one
   * 1024, one 4096, two 8192, four 2048 to 16384, six 4096 to 24576, eight 4096 to 32768.
   *
   * @default 512
   */
  readonly memoryMiB?: number;
  /**
   * Whether an instance has CPU only while it serves a request. It is cheaper for a service that is seldom used; the last
   * response of an instance then waits until its spans are sent, 0.5 s at most.
   *
   * @default false
   */
  readonly cpuIdle?: boolean;
  /**
   * Whether an instance has more CPU while it starts. It costs the extra CPU for that time and the ten seconds after.
   *
   * @default true
   */
  readonly startupCpuBoost?: boolean;
  /**
   * Requests an instance serves at the same time, 1 to 1000.
   *
   * @default 80
   */
  readonly concurrency?: number;
  /**
   * Instances that stay warm, 0 to 1000.
   *
   * @default - 0, in production 1
   */
  readonly minInstances?: number;
  /**
   * Most instances at the same time, 1 to 1000: the limit of what a rush or a mistake can cost.
   *
   * @default 10
   */
  readonly maxInstances?: number;
  /**
   * Seconds after which Cloud Run answers `504` in the service's place, 1 to 3600.
   *
   * @default 300
   */
  readonly timeoutSec?: number;
  /**
   * Port that the service is called on, which Cloud Run tells it in `PORT`, 1 to 65535.
   *
   * @default 8080
   */
  readonly port?: number;
  /**
   * Runs in place of the image's entry point.
   *
   * @default - the entry point of the image
   */
  readonly command?: readonly string[];
  /**
   * Arguments of the command.
   *
   * @default - the arguments of the image
   */
  readonly args?: readonly string[];
  /**
   * More environment variables.
   *
   * @default - none but those the construct writes
   */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Secrets by the name of a variable or the absolute path of a file, as `addSecret()` takes them.
   *
   * @default - none
   */
  readonly secrets?: Readonly<Record<string, Secret>>;
  /**
   * Tells when an instance has started.
   *
   * @default StartupProbe.http('/health')
   */
  readonly startupProbe?: StartupProbe;
  /**
   * Tells whether an instance still works.
   *
   * @default LivenessProbe.http('/health')
   */
  readonly livenessProbe?: LivenessProbe;
  /**
   * What the service sends through a VPC network.
   *
   * @default - nothing
   */
  readonly vpcEgress?: VpcEgress;
  /**
   * Revisions that get the requests.
   *
   * @default - the latest one gets all
   */
  readonly traffic?: readonly TrafficTarget[];
  /**
   * Where the service sends its spans: to Cloud Trace, or by OTLP to `OTEL_EXPORTER_OTLP_ENDPOINT`, which is a collector
   * beside it (`http://localhost:4318`) unless `env` sets it.
   *
   * @default 'gcp_trace'
   */
  readonly tracesExporter?: 'gcp_trace' | 'otlp';
}
