import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Cleanup } from './cleanup';
import type { TraceReport } from './control/control-api';
import { ControlServer } from './control/control-server';
import { serviceGraph } from './control/service-graph';
import { claimInstance, type Instance, refuseSecondInstance, releaseInstance } from './control/instance-file';
import { LogFiles } from './logging/log-files';
import { LogStore } from './logging/log-store';
import { type RunningProducts, startProducts } from './start-products';
import { terraformEnvironment, type TerraformPointers } from './terraform-environment';
import type { Products } from './terraform/resource-types';
import { TraceStore } from './trace/trace-store';
import { assessTrace } from './trace/trace-tree';

export interface LocalCloudOptions {
  /** The project it serves; everything it keeps goes into `.local` there. */
  readonly projectDirectory: string;
  /** Of the control server, on 127.0.0.1; 0 takes any free one. */
  readonly port: number;
}

/** What a running local cloud tells about itself. */
export interface LocalCloudStatus {
  readonly dataDirectory: string;
  readonly services: readonly { readonly name: string; readonly revision: string; readonly uri: string }[];
  readonly buckets: readonly { readonly name: string; readonly location: string }[];
  readonly terraform: TerraformPointers;
}

/** Names the running instance; also how `status`, `traces` and the others find it. */
export function instanceFile(projectDirectory: string): string {
  return join(dataDirectoryOf(projectDirectory), 'instance.json');
}

/** The part of Google Cloud that a stack is deployed to, in this process and on 127.0.0.1. */
export class LocalCloud {
  readonly dataDirectory: string;
  /** Base URL of the control server. */
  readonly url: string;
  readonly logs: LogStore;
  readonly traces: TraceStore;
  readonly products: Products;
  /** Aborts when somebody asks for the end through the control server. */
  readonly shutdownRequested: AbortSignal;
  readonly #terraform: TerraformPointers;
  readonly #cleanup: Cleanup;

  private constructor(parts: Parts) {
    this.dataDirectory = parts.dataDirectory;
    this.url = parts.url;
    this.logs = parts.logs;
    this.traces = parts.traces;
    this.products = parts.running.products;
    this.shutdownRequested = parts.shutdown.signal;
    this.#terraform = parts.running.terraform;
    this.#cleanup = parts.cleanup;
  }

  /**
   * Starts an empty cloud; what an earlier one left in the data directory is removed. Throws InstanceRunningError when
   * one runs for the project already, PortTakenError when the port is somebody else's.
   */
  static async start({ projectDirectory, port }: LocalCloudOptions): Promise<LocalCloud> {
    const dataDirectory = dataDirectoryOf(projectDirectory);
    const file = instanceFile(projectDirectory);
    await refuseSecondInstance(file);
    const cleanup = new Cleanup();
    try {
      const logs = new LogStore();
      const traces = new TraceStore();
      const shutdown = new AbortController();
      const startId = randomUUID();
      let running: RunningProducts | undefined = undefined;
      const control = await ControlServer.start({
        port,
        startId,
        traces,
        logs,
        graph: () =>
          running ? serviceGraph({ ...running.products, traces, logs }) : { nodes: [], edges: [] },
        status: () => (running ? statusOf(dataDirectory, running) : { starting: true }),
        shutdown: () => shutdown.abort(),
      });
      cleanup.defer(() => control.dispose());
      const startedAt = new Date().toISOString();
      const instance: Instance = { pid: process.pid, startId, url: control.url, startedAt, projectDirectory };
      await claimInstance(file, instance);
      const release = (): void => releaseInstance(file, instance);
      process.once('exit', release);
      cleanup.defer(() => {
        process.off('exit', release);
        release();
      });
      await removeLeftovers(dataDirectory);

      const logFiles = new LogFiles(join(dataDirectory, 'logs'));
      cleanup.defer(() => logFiles.dispose());
      let filesFailed = false;
      running = await startProducts(
        {
          dataDirectory,
          traces,
          onLog: (entry) => {
            logs.append(entry);
            try {
              logFiles.append(entry.service, JSON.stringify(entry));
            } catch (error) {
              if (!filesFailed) console.error('log lines are no longer kept in files:', error);
              filesFailed = true;
            }
            if (entry.traceId !== undefined) traces.lookAgain(entry.traceId);
          },
          onInternalError: (error) => console.error('the local cloud failed:', error),
        },
        cleanup,
      );
      return new LocalCloud({ dataDirectory, url: control.url, logs, traces, running, shutdown, cleanup });
    } catch (error) {
      await cleanup.run();
      throw error;
    }
  }

  /** The environment for a process that runs Terraform against this cloud, made from that of the caller. */
  terraformEnvironment(inherited: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    return terraformEnvironment(inherited, this.#terraform);
  }

  /** Waits until the trace is complete and returns it, or what there is of it after `timeoutMs` or an abort. */
  async waitForTrace(
    traceId: string,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<TraceReport> {
    const report = (): TraceReport => {
      const spans = this.traces.trace(traceId)?.spans ?? [];
      const logs = this.logs.list({ traceId });
      return { traceId, spans, logs, assessment: assessTrace(spans, logs) };
    };
    await this.traces.waitFor(traceId, () => report().assessment.complete, options);
    return report();
  }

  /** Stops the services and everything else; nothing is left but files in the data directory. */
  async dispose(): Promise<void> {
    await this.#cleanup.run();
  }
}

interface Parts {
  readonly dataDirectory: string;
  readonly url: string;
  readonly logs: LogStore;
  readonly traces: TraceStore;
  readonly running: RunningProducts;
  readonly shutdown: AbortController;
  readonly cleanup: Cleanup;
}

function dataDirectoryOf(projectDirectory: string): string {
  return join(projectDirectory, '.local');
}

/** All but what tells of processes: the instance file is ours by now, and Cloud Run ends what its record lists. */
async function removeLeftovers(dataDirectory: string): Promise<void> {
  await mkdir(dataDirectory, { recursive: true });
  for (const name of await readdir(dataDirectory)) {
    if (name.startsWith('instance.json') || name === 'run') continue;
    await rm(join(dataDirectory, name), { recursive: true, force: true });
  }
}

function statusOf(dataDirectory: string, { products, terraform }: RunningProducts): LocalCloudStatus {
  return {
    dataDirectory,
    services: products.run.list().map(({ spec, revision, uri }) => ({ name: spec.name, revision, uri })),
    buckets: products.storage
      .buckets()
      .map(({ record }) => ({ name: record.name, location: record.location })),
    terraform,
  };
}
