/** A Cloud Run model with everything around it that is real: images on disk, child processes, tokens, a CA. */

import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { ImageStore } from '../../../local/artifact-registry/image-store';
import { FaultRules } from '../../../local/faults/fault-rules';
import { Iam } from '../../../local/iam/iam';
import { Tokens } from '../../../local/iam/tokens';
import type { LogEntry } from '../../../local/logging/log-store';
import { createCertificateAuthority } from '../../../local/network/certificate-authority';
import { startEgressProxy } from '../../../local/network/egress-proxy';
import { CloudRun } from '../../../local/run/cloud-run';
import type { ContainerNetwork } from '../../../local/run/container-environment';
import { writeContainerPreload } from '../../../local/run/container-preload';
import { iamResourceName, type RevisionSpec, type ServiceSpec } from '../../../local/run/service-spec';
import type { Span } from '../../../local/trace/span';

export const PROJECT = 'local-test';
export const LOCATION = 'europe-west1';

/** The usual startup probe of a test's container: soon, and not for long. */
const PROBE = { initialDelaySec: 0, timeoutSec: 5, periodSec: 5, failureThreshold: 1 };

/** Answers every request with what `handler`, the source of a `(request, response)` function, makes of it. */
export function program(handler: string, before = ''): string {
  return `
    const http = require('node:http');
    ${before}
    http.createServer(${handler}).listen(Number(process.env.PORT), '0.0.0.0');
    process.on('SIGTERM', () => process.exit(0));
  `;
}

export function isRequestLog({ log }: LogEntry): boolean {
  return log === 'requests';
}

export function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve).on('error', reject);
  });
}

export function nextChunk(stream: Readable): Promise<string> {
  return new Promise((resolve) => {
    stream.once('data', (chunk: Buffer) => resolve(chunk.toString()));
  });
}

export class CloudRunFixture {
  /** Without a directory of its own it gets a new one. */
  static async open(given?: string, idleTimeoutMs?: number): Promise<CloudRunFixture> {
    const directory = given ?? (await mkdtemp(join(tmpdir(), 'cloud-run-')));
    const { caFile } = await createCertificateAuthority(directory);
    const refused: string[] = [];
    const proxy = await startEgressProxy({
      routes: new Map(),
      onRefused: (message) => refused.push(message),
    });
    const images = await ImageStore.open(join(directory, 'images'));
    const network = { caFile, proxyUrl: proxy.url, preloadFile: await writeContainerPreload(directory) };
    return new CloudRunFixture(directory, images, refused, network, () => proxy.close(), idleTimeoutMs);
  }

  readonly iam = new Iam();
  readonly tokens = new Tokens();
  readonly logs: LogEntry[] = [];
  readonly spans: Span[] = [];
  readonly peerSpans: Span[] = [];
  readonly faults = new FaultRules();
  readonly secrets = new Map<string, string>();
  readonly run: CloudRun;
  readonly #waiting = new Set<() => void>();
  readonly #closeProxy: () => Promise<void>;

  private constructor(
    readonly directory: string,
    readonly images: ImageStore,
    /** What the egress proxy said of connections it refused. */
    readonly refused: readonly string[],
    network: ContainerNetwork,
    closeProxy: () => Promise<void>,
    idleTimeoutMs?: number,
  ) {
    this.#closeProxy = closeProxy;
    this.run = new CloudRun({
      directory,
      images,
      iam: this.iam,
      tokens: this.tokens,
      network,
      resolveSecret: ({ secret, version }) => {
        const value = this.secrets.get(`${secret}/${version}`);
        if (value === undefined) throw new Error(`secret ${secret} has no version ${version}`);
        return value;
      },
      onLog: (entry) => {
        this.logs.push(entry);
        for (const check of this.#waiting) check();
      },
      faults: this.faults,
      ...(idleTimeoutMs !== undefined && { idleTimeoutMs }),
      onSpan: (span) => this.spans.push(span),
      onPeerSpan: (span) => this.peerSpans.push(span),
    });
  }

  /** Publishes `main.js` with this source. */
  async publish(image: string, source: string): Promise<void> {
    const bundle = join(this.directory, 'bundle');
    await rm(bundle, { recursive: true, force: true });
    await mkdir(bundle);
    await writeFile(join(bundle, 'main.js'), source);
    await this.images.publish(image, bundle);
  }

  /** A service of image `image` that everybody may call, unless `settings` say otherwise. */
  spec(
    name: string,
    image: string,
    settings: Partial<Omit<ServiceSpec, 'template'>> = {},
    template: Partial<Omit<RevisionSpec, 'container'>> = {},
    container: Partial<RevisionSpec['container']> = {},
  ): ServiceSpec {
    return {
      projectId: PROJECT,
      location: LOCATION,
      name,
      labels: {},
      ingress: 'INGRESS_TRAFFIC_ALL',
      invokerIamDisabled: true,
      customAudiences: [],
      ...settings,
      template: {
        timeoutSec: 60,
        concurrency: 80,
        scaling: { minInstances: 0, maxInstances: 1 },
        serviceAccount: `${name}@${PROJECT}.iam.gserviceaccount.com`,
        labels: {},
        ...template,
        container: {
          name: '',
          image,
          command: [],
          args: [],
          env: {},
          secretEnv: {},
          port: 8080,
          startupProbe: PROBE,
          resources: { cpu: '1000m', memory: '512Mi', cpuIdle: false },
          ...container,
        },
      },
    };
  }

  /** Publishes a program and makes a public service of it; returns its URI. */
  async serve(
    name: string,
    source: string,
    template: Partial<Omit<RevisionSpec, 'container'>> = {},
    container: Partial<RevisionSpec['container']> = {},
  ): Promise<string> {
    await this.publish(name, source);
    const { uri } = await this.run.create(this.spec(name, name, {}, template, container));
    return uri;
  }

  allow(callee: ServiceSpec, member: string): void {
    this.iam.addMember(iamResourceName(callee), 'roles/run.invoker', member);
  }

  /** The first entry that matches, now or later. */
  logged(matches: (entry: LogEntry) => boolean): Promise<LogEntry> {
    return new Promise((resolve) => {
      const check = (): void => {
        const found = this.logs.find(matches);
        if (!found) return;
        this.#waiting.delete(check);
        resolve(found);
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** The first line of a container's own output that holds `text`. */
  line(text: string): Promise<LogEntry> {
    return this.logged(
      ({ log, message }) => (log === 'stdout' || log === 'stderr') && message.includes(text),
    );
  }

  async dispose(): Promise<void> {
    await this.run.dispose();
    await this.#closeProxy();
    await rm(this.directory, { recursive: true, force: true });
  }
}
