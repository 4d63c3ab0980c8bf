import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ImageStore } from '../artifact-registry/image-store';
import type { FaultRules } from '../faults/fault-rules';
import type { Iam } from '../iam/iam';
import type { Tokens } from '../iam/tokens';
import { parseContainerLine } from '../logging/container-line';
import type { LogEntry } from '../logging/log-store';
import { ResourceError } from '../terraform/resource-type';
import type { Span } from '../trace/span';
import type { ContainerNetwork } from './container-environment';
import { FrontEnd } from './front-end';
import { InvokerCheck } from './invoker-check';
import { endLeftovers, PROCESS_RECORD, ProcessRecord } from './process-record';
import { Revision } from './revision';
import {
  iamResourceName,
  type SecretRef,
  type ServiceId,
  serviceName,
  type ServiceSpec,
} from './service-spec';

export interface CloudRunOptions {
  /** Of the local cloud; `instances.json` in it lists the running containers. */
  readonly directory: string;
  readonly images: ImageStore;
  readonly iam: Iam;
  readonly tokens: Tokens;
  readonly network: ContainerNetwork;
  /** The secret's value for a service account (email). Throws, in words for the person who deploys. */
  resolveSecret(secret: SecretRef, serviceAccount: string): string | Promise<string>;
  /** Lines of the containers, request log and system log. */
  onLog(entry: LogEntry): void;
  /**
   * How long an instance is kept that serves no request, where none has to stay warm.
   *
   * @default 900_000: "Cloud Run keeps some instances idle for up to 15 minutes" (run/docs/about-instance-autoscaling)
   */
  readonly idleTimeoutMs?: number;
  /** Faults to inject into requests. */
  readonly faults: FaultRules;
  /** Spans of Cloud Run's own. */
  onSpan(span: Span): void;
  /** Spans of requests that something was done to on their way; their traces may not be kept. */
  onPeerSpan(span: Span): void;
}

/** A deployed service. */
export interface Service {
  readonly spec: ServiceSpec;
  /** Stays the same for the life of the service. */
  readonly uri: string;
  readonly uid: string;
  /** Counts the changes of the service. */
  readonly generation: number;
  /** RFC 3339. */
  readonly createTime: string;
  readonly updateTime: string;
  /** Short name of the revision that serves. */
  readonly revision: string;
}

interface Deployed {
  service: Service;
  revision: Revision;
  readonly frontEnd: FrontEnd;
}

const IDLE_TIMEOUT_MS = 15 * 60 * 1000;

/** Cloud Run: services whose containers are child processes, each behind a front end of its own. */
export class CloudRun {
  readonly #options: CloudRunOptions;
  readonly #processes: ProcessRecord;
  readonly #invokers: InvokerCheck;
  /** By resource name; undefined while the first revision starts. */
  readonly #services = new Map<string, Deployed | undefined>();
  /** Every revision that may still have a process. */
  readonly #revisions = new Set<Revision>();
  #isDisposed = false;

  /** Ends containers that an earlier, killed daemon left running, see `instances.json`. */
  constructor(options: CloudRunOptions) {
    this.#options = options;
    const file = join(options.directory, PROCESS_RECORD);
    endLeftovers(file);
    this.#processes = new ProcessRecord(file);
    this.#invokers = new InvokerCheck(options.iam, options.tokens);
  }

  /**
   * Starts the first revision and serves when its startup probe has passed.
   *
   * @throws ResourceError when the service exists, its image does not, a secret cannot be read, or the container does
   *   not become ready; there is no service then.
   */
  async create(spec: ServiceSpec): Promise<Service> {
    const key = serviceName(spec);
    if (this.#services.has(key)) {
      throw new ResourceError(`Error 409: Cloud Run service ${key} already exists.`);
    }
    this.#services.set(key, undefined);
    try {
      const revision = await this.#deploy(spec, 1);
      const now = new Date().toISOString();
      const frontEnd = await FrontEnd.listen({
        target: () => ({ spec: deployed.service.spec, revision: deployed.revision }),
        invokers: this.#invokers,
        onLog: (entry) => this.#options.onLog(entry),
        faults: this.#options.faults,
        onSpan: (span) => this.#options.onSpan(span),
        onPeerSpan: (span) => this.#options.onPeerSpan(span),
      });
      const deployed: Deployed = {
        revision,
        frontEnd,
        service: {
          spec,
          uri: frontEnd.uri,
          uid: randomUUID(),
          generation: 1,
          createTime: now,
          updateTime: now,
          revision: revision.name,
        },
      };
      if (this.#isDisposed) {
        await frontEnd.close();
        throw shuttingDown();
      }
      this.#services.set(key, deployed);
      return deployed.service;
    } catch (error) {
      this.#services.delete(key);
      throw error;
    }
  }

  /**
   * Makes the service what `spec` says; nothing happens when it is that already. A changed template becomes a new revision, which takes over when its startup
   * probe has passed; the old one finishes its requests and is stopped.
   *
   * @throws ResourceError as `create` does, with the old revision still serving.
   */
  async update(spec: ServiceSpec): Promise<Service> {
    const deployed = this.#services.get(serviceName(spec));
    if (!deployed) throw new ResourceError(`Error 404: there is no Cloud Run service ${serviceName(spec)}.`);
    const { service } = deployed;
    if (isDeepStrictEqual(spec, service.spec)) return service;
    const generation = service.generation + 1;
    const old = deployed.revision;
    const revision = isDeepStrictEqual(spec.template, service.spec.template)
      ? old
      : await this.#deploy(spec, generation);
    deployed.revision = revision;
    deployed.service = {
      ...service,
      spec,
      generation,
      updateTime: new Date().toISOString(),
      revision: revision.name,
    };
    if (revision !== old) void old.retire().then(() => this.#revisions.delete(old));
    return deployed.service;
  }

  get(id: ServiceId): Service | undefined {
    return this.#services.get(serviceName(id))?.service;
  }

  list(): Service[] {
    return [...this.#services.values()].flatMap((deployed) => (deployed ? [deployed.service] : []));
  }

  /** Stops serving, stops the container and forgets the service's IAM policy. Nothing happens when there is no such service. */
  async delete(id: ServiceId): Promise<void> {
    const deployed = this.#services.get(serviceName(id));
    if (!deployed) return;
    this.#services.delete(serviceName(id));
    this.#options.iam.deletePolicy(iamResourceName(id));
    await deployed.frontEnd.close();
    await deployed.revision.stop();
    this.#revisions.delete(deployed.revision);
  }

  /** Stops all containers, as Cloud Run would: SIGTERM and at most 10 s. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    const deployed = [...this.#services.values()].filter((service) => service !== undefined);
    this.#services.clear();
    await Promise.all(deployed.map(({ frontEnd }) => frontEnd.close()));
    await Promise.all([...this.#revisions].map((revision) => revision.stop()));
    this.#revisions.clear();
  }

  async #deploy(spec: ServiceSpec, generation: number): Promise<Revision> {
    if (this.#isDisposed) throw shuttingDown();
    const { image } = spec.template.container;
    const directory = this.#options.images.directoryOf(image);
    if (directory === undefined) throw new ResourceError(this.#describeMissingImage(image));
    const revision = this.#revision(spec, generation, directory);
    this.#revisions.add(revision);
    try {
      await revision.instance();
      return revision;
    } catch (error) {
      await revision.stop();
      this.#revisions.delete(revision);
      throw new ResourceError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  #revision({ template, ...id }: ServiceSpec, generation: number, directory: string): Revision {
    const name = `${id.name}-${String(generation).padStart(5, '0')}-${suffix()}`;
    const source = { service: id.name, revision: name, location: id.location };
    return new Revision({
      host: { ...this.#options, processes: this.#processes },
      id,
      revision: name,
      template,
      directory,
      idleTimeoutMs: this.#options.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
      secrets: async () => {
        const { secretEnv } = template.container;
        const entries = Object.entries(secretEnv).map(
          async ([variable, secret]): Promise<[string, string]> => [
            variable,
            await this.#options.resolveSecret(secret, template.serviceAccount),
          ],
        );
        return Object.fromEntries(await Promise.all(entries));
      },
      onLine: (stream, text) =>
        this.#options.onLog(
          parseContainerLine({ ...source, stream, text, projectId: id.projectId, receivedAt: new Date() }),
        ),
      onEvent: (severity, message) =>
        this.#options.onLog({
          ...source,
          timestamp: new Date().toISOString(),
          severity,
          log: 'system',
          message,
        }),
    });
  }

  #describeMissingImage(image: string): string {
    const known = this.#options.images.uris();
    return (
      `image ${image} is not in the local registry. Images get there when Terraform applies the step that publishes ` +
      'them (PUT $LOCAL_CLOUD_REGISTRY/images?uri=<image URI>); the service must depend on that step. ' +
      `Published so far: ${known.length > 0 ? known.join(', ') : 'none'}.`
    );
  }
}

function shuttingDown(): ResourceError {
  return new ResourceError('The local cloud is shutting down.');
}

/** Three letters, as in Cloud Run's revision names; without vowels, so that they form no word. */
function suffix(): string {
  const letters = 'bcdfghjklmnpqrstvwxz';
  return [...randomBytes(3)].map((byte) => letters[byte % letters.length]).join('');
}
