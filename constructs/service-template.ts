import type { CloudRunV2ServiceTemplate } from '@cdktf/provider-google/lib/cloud-run-v2-service';
import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import { Container, type ContainerProps } from './container';
import { isLessThanOneCpu } from './instance-size';
import { otherSecretVolumeName, secretIdentity } from './names';
import { numberText } from './number-text';
import { Sidecar, SERVICE_CONTAINER, type SidecarOptions } from './sidecar';
import { ValidationError } from './validation';
import { renderVolume, type Volume } from './volume';
import { renderVpcEgress, type VpcEgress } from './vpc-egress';

/** Of an instance of the second generation (Cloud Run, "Configure memory limits"). */
const SECOND_GENERATION_MIB = 512;

interface ServiceTemplateProps extends ContainerProps {
  /** Email of the account the service runs as. */
  readonly serviceAccount: string;
  readonly region: string;
  readonly port: number;
  readonly concurrency: number;
  readonly minInstances: number;
  readonly maxInstances: number;
  readonly timeoutSec: number;
  readonly vpcEgress: VpcEgress | undefined;
}

/** A revision of a service: its own container, the sidecars, and what they share. */
export class ServiceTemplate {
  readonly container: Container;
  readonly #service: Construct;
  readonly #props: ServiceTemplateProps;
  readonly #sidecars: Sidecar[] = [];

  constructor(service: Construct, props: ServiceTemplateProps) {
    this.#service = service;
    this.#props = props;
    this.container = new Container(service.node.path, props);
  }

  /** Throws TCR019 to TCR025 for a sidecar that cannot be used. */
  addSidecar(name: string, options: SidecarOptions): void {
    const { cpuIdle, concurrency } = this.#props;
    this.#sidecars.push(
      new Sidecar(this.#service.node, name, options, { cpuIdle, concurrency }, this.#sidecars.slice()),
    );
  }

  /**
   * The template as it is now. What Cloud Run would fill in by itself is written out: a value that is left out shows up
   * as a change in the next plan. Throws TCR022 for volumes that cannot be there.
   */
  render(): CloudRunV2ServiceTemplate {
    const { serviceAccount, region, timeoutSec, concurrency, port, vpcEgress } = this.#props;
    const { minInstances, maxInstances } = this.#props;
    const volumeNames = this.#volumeNames();
    const volumes = new Map([...volumeNames].map(([volume, name]) => [name, volume]));
    const hasSidecars = this.#sidecars.length > 0;
    return {
      serviceAccount,
      timeout: `${numberText(timeoutSec)}s`,
      maxInstanceRequestConcurrency: concurrency,
      ...([...volumes.values()].some(({ source }) => 'bucket' in source) && this.#secondGeneration()),
      scaling: { minInstanceCount: minInstances, maxInstanceCount: maxInstances },
      ...(vpcEgress && { vpcAccess: renderVpcEgress(this.#service.node.path, vpcEgress, region) }),
      containers: [
        // First, because the provider puts the port and the image of others in the place of the first one's.
        this.container.render(
          {
            ...(hasSidecars && { name: SERVICE_CONTAINER }),
            ports: { name: 'http1', containerPort: port },
            dependsOn: this.#sidecars.filter(({ startsFirst }) => startsFirst).map(({ name }) => name),
          },
          volumeNames,
        ),
        ...this.#sidecars.map(({ name, container, dependsOn }) =>
          container.render({ name, dependsOn }, volumeNames),
        ),
      ],
      ...(volumes.size > 0 && {
        // In the order of their names, whatever the order they were added in.
        volumes: [...volumes]
          .toSorted(([one], [another]) => (one < another ? -1 : 1))
          .map(([name, volume]) => renderVolume(name, volume)),
      }),
    };
  }

  /** Cloud Storage FUSE needs it; otherwise Cloud Run chooses. Throws TCR022 where there is too little memory or CPU for it. */
  #secondGeneration(): Pick<CloudRunV2ServiceTemplate, 'executionEnvironment'> {
    const sizes = this.#containers.map(({ memoryMiB }) => memoryMiB);
    const memoryMiB = sizes.reduce((sum, size) => sum + size, 0);
    if (memoryMiB < SECOND_GENERATION_MIB && !sizes.some((size) => Token.isUnresolved(size))) {
      throw new ValidationError(
        'TCR022',
        this.#service.node.path,
        'mounting a bucket takes the second generation of Cloud Run, which has at least ' +
          `${SECOND_GENERATION_MIB} MiB of memory, got ${memoryMiB}; raise memoryMiB`,
      );
    }
    const cpu = this.#containers.map((container) => container.cpu).find(isLessThanOneCpu);
    if (cpu !== undefined) {
      throw new ValidationError(
        'TCR022',
        this.#service.node.path,
        'mounting a bucket takes the second generation of Cloud Run, and less than one CPU the first, ' +
          `got cpu: ${cpu}; write cpu: 1`,
      );
    }
    return { executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN2' };
  }

  get #containers(): readonly Container[] {
    return [this.container, ...this.#sidecars.map(({ container }) => container)];
  }

  /**
   * What each mounted volume is called. Secret files get their names from their paths, so that two containers may well
   * have one name for the same secret, which they share, or for different ones, which get different names.
   */
  #volumeNames(): ReadonlyMap<Volume, string> {
    const names = new Map<Volume, string>();
    const firsts = new Map<string, Volume>();
    for (const volume of this.#containers.flatMap(({ volumes }) => volumes)) {
      const first = firsts.get(volume.name) ?? volume;
      firsts.set(volume.name, first);
      const [secret, firstSecret] = [this.#secretOf(volume), this.#secretOf(first)];
      if (first === volume || (secret !== undefined && secret === firstSecret)) {
        names.set(volume, volume.name);
      } else if (secret !== undefined && firstSecret !== undefined) {
        names.set(volume, otherSecretVolumeName(volume.name, secret));
      } else {
        throw new ValidationError(
          'TCR022',
          this.#service.node.path,
          `two volumes are called '${volume.name}'; make one and mount it twice to share it, or give them different names`,
        );
      }
    }
    return names;
  }

  #secretOf({ source }: Volume): string | undefined {
    if (!('secret' in source)) return undefined;
    return secretIdentity(this.#service, source.secret.secret, source.secret.version);
  }
}
