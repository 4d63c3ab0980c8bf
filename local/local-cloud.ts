import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Cleanup } from './cleanup';
import { ControlServer } from './control/control-server';
import { type ServiceGraph, serviceGraph } from './control/service-graph';
import { claimInstance, type Instance, refuseSecondInstance, releaseInstance } from './control/instance-file';
import { type TraceReport, traceReport } from './control/trace-report';
import { dataDirectoryOf, instanceFile, RUN_DIRECTORY } from './data-directory';
import { deployedStack } from './deployed-stack';
import type { FaultRuleSet } from './faults/fault-rules';
import { KeptTraces } from './kept-traces';
import { LogFiles } from './logging/log-files';
import { type LogEntry, LogStore } from './logging/log-store';
import type { Alert } from './monitoring/alert';
import type { AlertEvaluator } from './monitoring/alert-evaluator';
import { type RunningProducts, startProducts } from './start-products';
import { temporaryProject } from './temporary-project';
import { terraformEnvironment, type TerraformPointers } from './terraform-environment';
import type { Products } from './terraform/resource-types';
import type { Stack } from './trace/stack';
import { TraceStore } from './trace/trace-store';
import { assessTrace } from './trace/trace-tree';

export interface LocalCloudOptions {
  /**
   * The project it serves; everything it keeps goes into `.local` there.
   *
   * @default - a directory of its own among the system's temporary files, which goes with it
   */
  readonly projectDirectory?: string;
  /**
   * Of the control server, on 127.0.0.1.
   *
   * @default - any free one
   */
  readonly port?: number;
  /**
   * Faults to inject into requests to services and buckets.
   *
   * @default - none
   */
  readonly faults?: FaultRuleSet | undefined;
  /**
   * Told when an alert policy fires.
   *
   * @default - nobody is told; `alerts` has them
   */
  readonly onAlert?: (alert: Alert) => void;
}

/** What a running local cloud tells about itself. */
export interface LocalCloudStatus {
  readonly dataDirectory: string;
  readonly services: readonly { readonly name: string; readonly revision: string; readonly uri: string }[];
  readonly buckets: readonly { readonly name: string; readonly location: string }[];
  readonly terraform: TerraformPointers;
  /** How many traces are kept, and how many at most: the newest ones. */
  readonly traces: { readonly kept: number; readonly atMost: number };
}

/** The part of Google Cloud that a stack is deployed to, in this process and on 127.0.0.1. */
export class LocalCloud {
  readonly dataDirectory: string;
  /** Base URL of the control server. */
  readonly url: string;
  readonly logs: LogStore;
  readonly traces: TraceStore;
  readonly products: Products;
  readonly alerts: AlertEvaluator;
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
    this.alerts = parts.running.alerts;
    this.shutdownRequested = parts.shutdown.signal;
    this.#terraform = parts.running.terraform;
    this.#cleanup = parts.cleanup;
  }

  /**
   * Starts a cloud in which nothing is deployed; what an earlier one left in the data directory is removed, but for its
   * traces. Throws InstanceRunningError when
   * one runs for the project already, PortTakenError when the port is somebody else's.
   */
  static async start(options: LocalCloudOptions = {}): Promise<LocalCloud> {
    const { port = 0, faults, onAlert } = options;
    const cleanup = new Cleanup();
    try {
      const projectDirectory = options.projectDirectory ?? temporaryProject(cleanup);
      const dataDirectory = dataDirectoryOf(projectDirectory);
      const file = instanceFile(projectDirectory);
      await refuseSecondInstance(file);
      const logs = new LogStore();
      const traces = new TraceStore();
      const shutdown = new AbortController();
      const startId = randomUUID();
      let running: RunningProducts | undefined = undefined;
      let kept: KeptTraces | undefined = undefined;
      const control = await ControlServer.start({
        port,
        startId,
        traces,
        logs,
        stack: (asOf) => running && stackOf(running, dataDirectory, asOf),
        clearTraces: () => kept?.clear(),
        alerts: () => running?.alerts,
        graph: () => (running ? graphOf(running, dataDirectory, traces, logs) : { nodes: [], edges: [] }),
        status: () => (running ? statusOf(dataDirectory, running, traces) : { starting: true }),
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
      const keeping = new KeptTraces({
        directory: join(dataDirectory, TRACES_DIRECTORY),
        traces,
        logs,
        onProblem: (...problem) => console.error(...problem),
      });
      kept = keeping;
      cleanup.defer(() => keeping.dispose());

      const logFiles = new LogFiles(join(dataDirectory, 'logs'));
      cleanup.defer(() => logFiles.dispose());
      let filesFailed = false;
      running = await startProducts(
        {
          dataDirectory,
          traces,
          faults,
          onLog: (entry) => {
            logs.append(entry);
            keeping.append(entry);
            try {
              logFiles.append(entry.service, JSON.stringify(entry));
            } catch (error) {
              if (!filesFailed) console.error('log lines are no longer kept in files:', error);
              filesFailed = true;
            }
            if (entry.traceId !== undefined) traces.lookAgain(entry.traceId);
          },
          onAlert: (alert) => onAlert?.(alert),
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
    const logs = (): LogEntry[] => this.logs.list({ traceId });
    await this.traces.waitFor(traceId, ({ spans }) => assessTrace(spans, logs()).complete, options);
    return traceReport(traceId, this.traces.trace(traceId)?.spans ?? [], logs());
  }

  /** Stops the services and everything else; nothing is left but files in the project's directory, if that was given. */
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

/** Of the data directory; survives a restart. */
const TRACES_DIRECTORY = 'traces';

/**
 * All but the traces and what tells of processes: the instance file is ours by now, and Cloud Run ends what its record
 * lists.
 */
async function removeLeftovers(dataDirectory: string): Promise<void> {
  await mkdir(dataDirectory, { recursive: true });
  for (const name of await readdir(dataDirectory)) {
    if (name.startsWith('instance.json') || [RUN_DIRECTORY, TRACES_DIRECTORY].includes(name)) continue;
    await rm(join(dataDirectory, name), { recursive: true, force: true });
  }
}

/** The stack for what happened at `asOf`, in milliseconds since the epoch. */
function stackOf({ products }: RunningProducts, dataDirectory: string, asOf: number): Stack {
  const { run, storage } = products;
  const deployed = { services: run.list(), buckets: storage.buckets().map(({ record }) => record) };
  return deployedStack(deployed, join(dataDirectory, 'cdktf.out'), asOf);
}

function graphOf(
  running: RunningProducts,
  dataDirectory: string,
  traces: TraceStore,
  logs: LogStore,
): ServiceGraph {
  const nowMs = Date.now();
  return serviceGraph({
    ...running.products,
    traces,
    logs,
    stack: stackOf(running, dataDirectory, nowMs),
    nowMs,
  });
}

function statusOf(
  dataDirectory: string,
  { products, terraform }: RunningProducts,
  traces: TraceStore,
): LocalCloudStatus {
  return {
    dataDirectory,
    services: products.run.list().map(({ spec, revision, uri }) => ({ name: spec.name, revision, uri })),
    buckets: products.storage
      .buckets()
      .map(({ record }) => ({ name: record.name, location: record.location })),
    terraform,
    traces: traces.size,
  };
}
