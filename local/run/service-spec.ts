/** What a Cloud Run service is to be, in the model's own terms: all defaults filled in, units in the names. */

export interface ServiceId {
  readonly projectId: string;
  readonly location: string;
  readonly name: string;
}

export interface ServiceSpec extends ServiceId {
  readonly labels: Readonly<Record<string, string>>;
  /** Such as `INGRESS_TRAFFIC_ALL`; with any other nobody gets in, see `ingressRefusal`. */
  readonly ingress: string;
  /** Lets everybody call the service, whatever its IAM policy says. */
  readonly invokerIamDisabled: boolean;
  /** Accepted in ID tokens beside the service's own URI. */
  readonly customAudiences: readonly string[];
  /** A change of anything in it makes a new revision. */
  readonly template: RevisionSpec;
}

export interface RevisionSpec {
  readonly container: ContainerSpec;
  readonly timeoutSec: number;
  /** Requests that an instance is given at the same time. */
  readonly concurrency: number;
  /** A service has one instance, started with its revision; one of no minimum is stopped when it was idle for long. */
  readonly scaling: { readonly minInstances: number; readonly maxInstances: number };
  /** Email. */
  readonly serviceAccount: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ContainerSpec {
  readonly name: string;
  /** URI in the image store. */
  readonly image: string;
  /** Replaces the image's program, `node main.js`, unless empty. `node` is the Node.js that runs the local cloud. */
  readonly command: readonly string[];
  /** Come after the program. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly secretEnv: Readonly<Record<string, SecretRef>>;
  /** The port that the template declares. The process gets a free port of this machine in PORT instead. */
  readonly port: number;
  readonly startupProbe: Probe;
  readonly livenessProbe?: Probe;
  readonly resources: ContainerResources;
}

/** Limits are kept, not enforced: the process may use the whole machine. */
interface ContainerResources {
  /** Such as `1000m` or `2`. */
  readonly cpu: string;
  /** Such as `512Mi`. */
  readonly memory: string;
  /** Whether the container has CPU only while it starts, serves a request, is probed or is stopped. */
  readonly cpuIdle: boolean;
}

export interface SecretRef {
  readonly projectId: string;
  readonly secret: string;
  /** A number, an alias or `latest`. */
  readonly version: string;
}

/** Always of the container's own port. */
export interface Probe {
  /** Path and headers of an HTTP GET; a TCP connection otherwise. */
  readonly httpGet?: { readonly path: string; readonly headers: Readonly<Record<string, string>> };
  readonly initialDelaySec: number;
  readonly timeoutSec: number;
  readonly periodSec: number;
  readonly failureThreshold: number;
}

/** Google's full resource name, under which IAM knows the service. */
export function iamResourceName({ projectId, location, name }: ServiceId): string {
  return `//run.googleapis.com/${serviceName({ projectId, location, name })}`;
}

/** `projects/P/locations/L/services/S` */
export function serviceName({ projectId, location, name }: ServiceId): string {
  return `projects/${projectId}/locations/${location}/services/${name}`;
}
