import type { Node } from 'constructs';
import { Container } from './container';
import { checkInstanceSize } from './instance-size';
import type { LivenessProbe, StartupProbe } from './probe';
import type { Secret } from './secret';
import { ValidationError } from './validation';
import type { Volume } from './volume';

/** Name of the container that runs the service's own code, where there are sidecars. */
export const SERVICE_CONTAINER = 'service';

export interface SidecarOptions {
  /** Image of the container, best by digest. */
  readonly image: string;
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
   * Environment variables. The service's own are not passed on.
   *
   * @default - none
   */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Secrets by the name of a variable or the absolute path of a file.
   *
   * @default - none
   */
  readonly secrets?: Readonly<Record<string, Secret>>;
  /**
   * Volumes by mount path; one that the service mounts as well is shared with it.
   *
   * @default - none
   */
  readonly volumes?: Readonly<Record<string, Volume>>;
  /**
   * CPUs: 1, 2, 4, 6 or 8, or from 0.08 to below 1 where the service has a concurrency of 1 and cpuIdle.
   *
   * @default 1
   */
  readonly cpu?: number;
  /**
   * Memory in MiB, 128 to 32768, as far as the CPUs allow.
   *
   * @default 512
   */
  readonly memoryMiB?: number;
  /**
   * Tells when the sidecar has started. The service's own container starts after that, unless the sidecar depends on it.
   *
   * @default - none: the service does not wait for the sidecar
   */
  readonly startupProbe?: StartupProbe;
  /**
   * Tells whether the sidecar still works.
   *
   * @default - none
   */
  readonly livenessProbe?: LivenessProbe;
  /**
   * Containers that must have started before: sidecars that were added before, or `service`, the service's own.
   *
   * @default - none
   */
  readonly dependsOn?: readonly string[];
}

/** A container beside the service's own. */
export class Sidecar {
  readonly container: Container;
  readonly dependsOn: readonly string[];

  /**
   * @param earlier sidecars that were added before, which makes a circle of dependencies impossible
   * Throws TCR023 for a name that is taken or malformed, TCR024 for an order that Cloud Run cannot keep.
   */
  constructor(
    node: Node,
    readonly name: string,
    options: SidecarOptions,
    service: { readonly cpuIdle: boolean; readonly concurrency: number },
    private readonly earlier: readonly Sidecar[],
  ) {
    const path = `${node.path} (sidecar '${name}')`;
    checkName(path, name, earlier);
    const { image, cpu = 1, memoryMiB = 512, command, args, startupProbe, livenessProbe } = options;
    checkInstanceSize(path, { cpu, memoryMiB, ...service }, 128);
    checkProbePort(path, 'startupProbe', startupProbe);
    checkProbePort(path, 'livenessProbe', livenessProbe);
    this.dependsOn = options.dependsOn ?? [];
    for (const needed of this.dependsOn) checkOrder(path, needed, earlier);

    const container = new Container(path, {
      image,
      cpu,
      memoryMiB,
      cpuIdle: service.cpuIdle,
      command,
      args,
      startupProbe,
      livenessProbe,
    });
    container.variables.addExtra('env', options.env ?? {});
    for (const [target, secret] of Object.entries(options.secrets ?? {})) container.addSecret(target, secret);
    for (const [mountPath, volume] of Object.entries(options.volumes ?? {}))
      container.mount(mountPath, volume);
    this.container = container;
  }

  /** Whether the service's own container starts once this one has. */
  get startsFirst(): boolean {
    return this.container.hasStartupProbe && !this.#waitsForService();
  }

  #waitsForService(): boolean {
    return this.dependsOn.some(
      (needed) =>
        needed === SERVICE_CONTAINER ||
        this.earlier.some((sidecar) => sidecar.name === needed && sidecar.#waitsForService()),
    );
  }
}

function checkName(path: string, name: string, earlier: readonly Sidecar[]): void {
  const taken = [SERVICE_CONTAINER, ...earlier.map((sidecar) => sidecar.name)];
  if (taken.includes(name)) {
    throw new ValidationError(
      'TCR023',
      path,
      `there is a container '${name}' already; give this one another name, taken are ${taken.join(', ')}`,
    );
  }
  if (/^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return;
  throw new ValidationError(
    'TCR023',
    path,
    `a sidecar's name must be at most 63 lower-case letters, digits and '-', first a letter and last no '-', got '${name}'`,
  );
}

function checkOrder(path: string, needed: string, earlier: readonly Sidecar[]): void {
  if (needed === SERVICE_CONTAINER) return;
  const found = earlier.find((sidecar) => sidecar.name === needed);
  if (!found) {
    const names = [SERVICE_CONTAINER, ...earlier.map((sidecar) => sidecar.name)];
    throw new ValidationError(
      'TCR024',
      path,
      `'dependsOn' names '${needed}', and there are ${names.join(', ')}; add the sidecar that it waits for first`,
    );
  }
  if (found.container.hasStartupProbe) return;
  throw new ValidationError(
    'TCR024',
    path,
    `'dependsOn' names '${needed}', which has no startupProbe to tell when it has started; ` +
      'write one, such as startupProbe: StartupProbe.tcp({ port: 4318 })',
  );
}

/** Only the service's own container has a port that Cloud Run knows. */
function checkProbePort(path: string, name: string, probe: StartupProbe | LivenessProbe | undefined): void {
  if (!probe?.question || probe.options.port !== undefined) return;
  throw new ValidationError('TCR025', path, `'${name}' of a sidecar needs its port, such as { port: 13133 }`);
}
