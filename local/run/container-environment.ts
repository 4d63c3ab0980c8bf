import type { ContainerSpec, RevisionSpec, ServiceId } from './service-spec';

/** How a container reaches "Google", and nothing else. */
export interface ContainerNetwork {
  /** URL of the egress proxy. */
  readonly proxyUrl: string;
  /** PEM file of the authority behind the local stand-ins of Google's servers. */
  readonly caFile: string;
  /** Module that has `fetch` heed the proxy, see `writeContainerPreload`. */
  readonly preloadFile: string;
}

export interface EnvironmentInput {
  readonly id: ServiceId;
  readonly revision: string;
  readonly template: RevisionSpec;
  /** Values of `secretEnv`. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The port to listen on. */
  readonly port: number;
  /** `host:port` of the instance's metadata server. */
  readonly metadataHost: string;
  readonly network: ContainerNetwork;
}

/** Set by Cloud Run itself and refused in a template (cloud.google.com/run/docs/container-contract#env-vars). */
export const RESERVED_VARIABLES: readonly string[] = ['PORT', 'K_SERVICE', 'K_REVISION', 'K_CONFIGURATION'];

/** Reached without the proxy: other services' front ends, and the metadata server. */
const DIRECT_HOSTS = '127.0.0.1,localhost';

/** Where distroless images have Node.js: programs of this machine, such as its gcloud, are not found. */
const IMAGE_PATH = '/nodejs/bin';

/**
 * All variables of a container. Nothing of the daemon's own environment gets in; HOME is left out as well, because
 * client libraries look for the developer's own credentials there.
 */
export function containerEnvironment(input: EnvironmentInput): Record<string, string> {
  const { id, network, template } = input;
  return {
    PATH: IMAGE_PATH,
    // OpenTelemetry's default of 5 s is for a collector's sake; here somebody waits for the trace.
    OTEL_BSP_SCHEDULE_DELAY: '500',
    ...template.container.env,
    ...input.secrets,
    NODE_OPTIONS: nodeOptions(template.container.env['NODE_OPTIONS'], network.preloadFile),
    PORT: String(input.port),
    K_SERVICE: id.name,
    K_REVISION: input.revision,
    K_CONFIGURATION: id.name,
    CLOUD_RUN_TIMEOUT_SECONDS: String(template.timeoutSec),
    GCE_METADATA_HOST: input.metadataHost,
    // Both cases: most libraries read either one, grpc-js only the lower.
    HTTPS_PROXY: network.proxyUrl,
    https_proxy: network.proxyUrl,
    GRPC_PROXY: network.proxyUrl,
    grpc_proxy: network.proxyUrl,
    NO_PROXY: DIRECT_HOSTS,
    no_proxy: DIRECT_HOSTS,
    // One variable per TLS stack: Node.js, grpc-js, OpenSSL.
    NODE_EXTRA_CA_CERTS: network.caFile,
    GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: network.caFile,
    SSL_CERT_FILE: network.caFile,
  };
}

/** After those of the service, which may have a `--require` itself. The file is quoted, as its path may have spaces. */
function nodeOptions(own: string | undefined, preloadFile: string): string {
  return [...(own ? [own] : []), `--require ${JSON.stringify(preloadFile)}`].join(' ');
}

/** Executable and arguments of a container. */
export function containerProgram({ command, args }: ContainerSpec): [file: string, args: string[]] {
  const [file = 'node', ...rest] = command.length > 0 ? command : ['node', 'main.js'];
  return [file === 'node' ? process.execPath : file, [...rest, ...args]];
}
