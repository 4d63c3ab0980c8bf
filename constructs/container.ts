import type {
  CloudRunV2ServiceTemplateContainers,
  CloudRunV2ServiceTemplateContainersPorts,
} from '@cdktf/provider-google/lib/cloud-run-v2-service';
import { cpuText } from './instance-size';
import { numberText } from './number-text';
import { type LivenessProbe, renderLivenessProbe, renderStartupProbe, type StartupProbe } from './probe';
import { checkSecret, type Secret } from './secret';
import { ServiceVariables } from './service-variables';
import { ValidationError } from './validation';
import { checkMountPath, checkVolume, Volume } from './volume';

export interface ContainerProps {
  readonly image: string;
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly cpuIdle: boolean;
  readonly startupCpuBoost?: boolean;
  readonly command?: readonly string[] | undefined;
  readonly args?: readonly string[] | undefined;
  readonly startupProbe?: StartupProbe | undefined;
  readonly livenessProbe?: LivenessProbe | undefined;
}

/** What only one kind of container has. */
interface ContainerRole {
  readonly name?: string;
  readonly ports?: CloudRunV2ServiceTemplateContainersPorts;
  /** Names of the containers that must have started before. */
  readonly dependsOn?: readonly string[];
}

/** One container of a revision: what it runs, its variables and what is mounted into it. */
export class Container {
  readonly variables: ServiceVariables;
  readonly #path: string;
  readonly #props: ContainerProps;
  readonly #probes: Pick<CloudRunV2ServiceTemplateContainers, 'startupProbe' | 'livenessProbe'>;
  readonly #volumes = new Map<string, Volume>();

  /** @param path of the service, for errors. Throws TCR025 for a probe that Cloud Run refuses. */
  constructor(path: string, props: ContainerProps) {
    this.#path = path;
    this.#props = props;
    this.variables = new ServiceVariables(path);
    this.#probes = {
      ...renderStartupProbe(path, props.startupProbe),
      ...renderLivenessProbe(path, props.livenessProbe),
    };
  }

  get hasStartupProbe(): boolean {
    return this.#props.startupProbe !== undefined;
  }

  get cpu(): number {
    return this.#props.cpu;
  }

  get memoryMiB(): number {
    return this.#props.memoryMiB;
  }

  get volumes(): readonly Volume[] {
    return [...this.#volumes.values()];
  }

  /** Throws TCR021 for a path that is taken or unusable, TCR022 for a volume that cannot be used. */
  mount(mountPath: string, volume: Volume): void {
    checkMountPath(this.#path, mountPath);
    checkVolume(this.#path, volume, this.#props.memoryMiB);
    if (this.#volumes.has(mountPath)) {
      throw new ValidationError(
        'TCR021',
        this.#path,
        `something is mounted at '${mountPath}' already; each volume and each secret file needs a directory of its own`,
      );
    }
    this.#volumes.set(mountPath, volume);
  }

  /** @param target name of a variable, or absolute path of a file. Throws TCR006, TCR007, TCR020 or TCR021. */
  addSecret(target: string, secret: Secret): void {
    checkSecret(this.#path, secret);
    if (!target.startsWith('/')) {
      this.variables.addExtra('secrets', { [target]: secret });
      return;
    }
    checkMountPath(this.#path, target);
    this.mount(target.slice(0, target.lastIndexOf('/')) || '/', Volume.secretFile(target, secret));
  }

  /** @param volumeNames of all mounted volumes */
  render(
    { name, ports, dependsOn = [] }: ContainerRole,
    volumeNames: ReadonlyMap<Volume, string>,
  ): CloudRunV2ServiceTemplateContainers {
    const { image, command, args, cpu, memoryMiB, cpuIdle, startupCpuBoost } = this.#props;
    const env = this.variables.list();
    return {
      ...(name !== undefined && { name }),
      image,
      ...(command && { command: [...command] }),
      ...(args && { args: [...args] }),
      ...(dependsOn.length > 0 && { dependsOn: [...dependsOn] }),
      ...(env.length > 0 && { env }),
      ...(ports && { ports }),
      resources: {
        cpuIdle,
        ...(startupCpuBoost !== undefined && { startupCpuBoost }),
        limits: { cpu: cpuText(cpu), memory: `${numberText(memoryMiB)}Mi` },
      },
      ...this.#probes,
      ...(this.#volumes.size > 0 && {
        volumeMounts: [...this.#volumes]
          .map(([mountPath, volume]) => ({ mountPath, name: volumeNames.get(volume) ?? volume.name }))
          .toSorted((one, other) => (one.mountPath < other.mountPath ? -1 : 1)),
      }),
    };
  }
}
