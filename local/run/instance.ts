import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { createServer } from 'node:net';
import type { Tokens } from '../iam/tokens';
import { startMetadataServer } from '../metadata/metadata-server';
import { listenOnLoopback } from '../network/loopback-server';
import { projectNumber } from '../project-number';
import { containerEnvironment, type ContainerNetwork, containerProgram } from './container-environment';
import { ContainerProcess, type OutputStream } from './container-process';
import { describeProbe, type ProbeResult, runProbe } from './probe';
import type { ProcessRecord } from './process-record';
import type { Probe, RevisionSpec, ServiceId } from './service-spec';
import { awaitLivenessFailure, awaitStartup } from './startup';
import { TraceSampler } from './trace-sampler';

/** What containers need from the local cloud. */
interface ContainerHost {
  readonly tokens: Tokens;
  readonly network: ContainerNetwork;
  readonly processes: ProcessRecord;
}

export interface InstanceOptions {
  readonly host: ContainerHost;
  readonly id: ServiceId;
  readonly revision: string;
  readonly template: RevisionSpec;
  /** Values of `secretEnv`. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The image's directory. */
  readonly directory: string;
  onLine(stream: OutputStream, text: string): void;
  /** Something that Cloud Run itself says about the container. */
  onEvent(severity: 'INFO' | 'WARNING' | 'ERROR', message: string): void;
}

/** The container did not become ready; the message says why, with the last lines of its output. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Idle connections are closed before any usual keep-alive timeout of a server can race with their reuse. */
const IDLE_CONNECTION_MS = 1_000;

/** One running container: its process, its metadata server, and the connections to it. */
export class Instance {
  /**
   * Starts the container and waits for its startup probe.
   *
   * @throws StartError when the process exits or the probe fails first, or `signal` aborts.
   */
  static async start(options: InstanceOptions, signal: AbortSignal): Promise<Instance> {
    const { host, id, template } = options;
    const { container } = template;
    const port = await freePort();
    const metadata = await startMetadataServer({
      projectId: id.projectId,
      projectNumber: String(projectNumber(id.projectId)),
      region: id.location,
      instanceId: randomBytes(32).toString('hex'),
      serviceAccount: template.serviceAccount,
      tokens: host.tokens,
    });
    const [file, args] = containerProgram(container);
    let process: ContainerProcess;
    try {
      process = new ContainerProcess({
        file,
        args,
        directory: options.directory,
        env: containerEnvironment({ ...options, port, metadataHost: metadata.host, network: host.network }),
        processes: host.processes,
        onLine: (stream, text) => options.onLine(stream, text),
      });
    } catch (error) {
      // What no process can be given, such as a variable with a null byte, as a binary secret may have.
      await metadata.close();
      throw new StartError(describeFailure(options, `could not be run: ${String(error)}`, []), {
        cause: error,
      });
    }
    const ended = process.ended.then(async (how) => {
      await metadata.close();
      return how;
    });
    const problem = await firstProblem(process, container.startupProbe, port, signal);
    if (problem === null) {
      options.onEvent('INFO', `Startup probe (${describeProbe(container.startupProbe)}) succeeded.`);
      return new Instance(options, process, port, ended);
    }
    await process.kill();
    await ended;
    throw new StartError(describeFailure(options, problem, process.lastLines));
  }

  /** Keeps the connections to the container. */
  readonly agent = new Agent({ keepAlive: true, timeout: IDLE_CONNECTION_MS });
  readonly sampler = new TraceSampler();
  readonly #options: InstanceOptions;
  readonly #process: ContainerProcess;
  readonly #liveness = new AbortController();
  #serving = true;
  #probing = false;
  #stopping: Promise<void> | undefined;

  private constructor(
    options: InstanceOptions,
    process: ContainerProcess,
    readonly port: number,
    /** Resolves when the process is gone, for whatever reason. */
    readonly ended: Promise<string>,
  ) {
    this.#options = options;
    this.#process = process;
    void this.#cleanUpAtEnd();
    const { livenessProbe } = options.template.container;
    if (livenessProbe) {
      awaitLivenessFailure(livenessProbe, () => this.#probe(livenessProbe), this.#liveness.signal).then(
        (reason) => this.#failLiveness(`Liveness probe (${describeProbe(livenessProbe)}) failed: ${reason}.`),
        () => undefined, // aborted: the container has ended or is being stopped
      );
    }
  }

  /** Whether requests are being served: with `cpuIdle` the container has CPU only then. */
  set serving(serving: boolean) {
    this.#serving = serving;
    this.#allocateCpu();
  }

  /** SIGTERM, then SIGKILL when it has not exited within 10 s. Resolves when it is gone; later calls wait with the first. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #cleanUpAtEnd(): Promise<void> {
    const how = await this.ended;
    this.#liveness.abort();
    this.agent.destroy();
    if (this.#stopping === undefined) this.#options.onEvent('ERROR', `Container ${how}.`);
  }

  /**
   * With request-based billing "CPU is only allocated during request processing", start and shutdown
   * (cloud.google.com/run/docs/configuring/billing-settings), and for probes (.../configuring/healthchecks). Cloud Run
   * throttles it to almost nothing between; here it is nothing.
   */
  #allocateCpu(): void {
    // Aborted: it has ended, or is being stopped and needs its CPU for that.
    if (!this.#options.template.container.resources.cpuIdle || this.#liveness.signal.aborted) return;
    if (this.#serving || this.#probing) this.#process.resume();
    else this.#process.pause();
  }

  async #probe(probe: Probe): Promise<ProbeResult> {
    this.#probing = true;
    this.#allocateCpu();
    const result = await runProbe(probe, this.port);
    this.#probing = false;
    this.#allocateCpu();
    return result;
  }

  async #stop(): Promise<void> {
    this.#liveness.abort();
    this.#process.resume();
    const killed = await this.#process.terminate();
    if (killed) {
      this.#options.onEvent('WARNING', 'Container did not exit within 10 s of SIGTERM and was killed.');
    }
    await this.ended;
  }

  /** Cloud Run ends such a container with SIGKILL (cloud.google.com/run/docs/configuring/healthchecks). */
  #failLiveness(message: string): void {
    this.#options.onEvent('ERROR', message);
    void this.#process.kill();
  }
}

/** Null when the container is ready, otherwise why it never will be. */
async function firstProblem(
  process: ContainerProcess,
  probe: InstanceOptions['template']['container']['startupProbe'],
  port: number,
  signal: AbortSignal,
): Promise<string | null> {
  const probing = new AbortController();
  const startup = awaitStartup(probe, port, AbortSignal.any([signal, probing.signal])).then(
    (reason) => reason && `did not pass its startup probe (${describeProbe(probe)}): ${reason}`,
    () => 'was stopped before it was ready',
  );
  const problem = await Promise.race([startup, process.ended]);
  probing.abort();
  return problem;
}

function describeFailure(
  { id, revision, template }: InstanceOptions,
  problem: string,
  lastLines: readonly string[],
): string {
  const { name, image } = template.container;
  const output =
    lastLines.length > 0 ? `\nIts last output:\n  ${lastLines.join('\n  ')}` : ' It wrote nothing.';
  return (
    `revision ${revision} of service '${id.name}' in ${id.location} is not ready: ` +
    `container${name ? ` '${name}'` : ''} of image ${image} ${problem}.${output}`
  );
}

/** A port that was free a moment ago: the container is the one who will listen on it. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server);
  server.close();
  await once(server, 'close');
  return port;
}
