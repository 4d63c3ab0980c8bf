import { setTimeout as sleep } from 'node:timers/promises';
import { context, diag, DiagLogLevel, propagation, trace } from '@opentelemetry/api';
import { core, NodeSDK, tracing } from '@opentelemetry/sdk-node';
import { ArrivedIdGenerator } from './arrival';
import { loadExporter } from './exporters';
import { traceFastify } from './fastify-server-spans';
import { traceFetch } from './fetch-client-spans';
import { LazyExporter } from './lazy-exporter';
import { log } from './log';
import { TracedPropagator } from './propagator';
import { createResource } from './resource';
import { RatioSampler } from './sampler';
import {
  describeProblem,
  parseTelemetrySettings,
  type Environment,
  type TelemetrySettings,
} from './settings';
import { reportProblem } from './telemetry-problems';

/** Running telemetry of a process. */
export interface Telemetry {
  /**
   * Sends what is still queued and stops. Never rejects, takes 5 s at most, and may be called again: Cloud Run kills a
   * container 10 s after SIGTERM, and requests are finished before this.
   */
  shutdown(): Promise<void>;
}

export interface TelemetryOptions {
  /** Where spans go. @default - the exporter that the environment names */
  readonly exporter?: tracing.SpanExporter;
}

const SHUTDOWN_TIMEOUT_MS = 5_000;
const LATE = Symbol('late');

let running: Telemetry | undefined;

/**
 * Traces this process: incoming requests of every Fastify instance made from now on, outgoing `fetch` calls, and
 * whatever is recorded by OpenTelemetry's API. With `OTEL_SDK_DISABLED=true` nothing at all is installed. While telemetry
 * runs, starting it again returns the running one.
 *
 * A setting that cannot be used is logged once and replaced by its default; nothing here throws or delays a request.
 */
export function startTelemetry(env: Environment = process.env, options: TelemetryOptions = {}): Telemetry {
  if (running) return running;
  const { settings, problems } = parseTelemetrySettings(env);
  for (const problem of problems) log.warn(describeProblem(problem));
  if (settings.disabled) return { shutdown: () => Promise.resolve() };

  const report = { error: reportProblem, warn: reportProblem, info: ignore, debug: ignore, verbose: ignore };
  diag.setLogger(report, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  core.setGlobalErrorHandler(reportProblem);

  const exporter = createExporter(settings, options);
  const sdk = new NodeSDK({
    sampler: new RatioSampler(settings.samplingRatio),
    idGenerator: new ArrivedIdGenerator(),
    textMapPropagator: new TracedPropagator(settings.trustCaller),
    resource: createResource(settings, env),
    autoDetectResources: false,
    instrumentations: [],
    // Empty, not absent: an absent list makes NodeSDK start OTLP exporters, which hold up the shutdown for 8 s.
    metricReaders: [],
    logRecordProcessors: [],
    // The batch processor that NodeSDK makes for an exporter obeys OpenTelemetry's OTEL_BSP_* variables.
    ...(exporter ? { traceExporter: exporter } : { spanProcessors: [new tracing.NoopSpanProcessor()] }),
  });
  sdk.start();
  const uninstall = [traceFastify(), traceFetch()];

  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    // The batch processor leaves its exporter alone when its last batch fails, so it is stopped here in any case.
    const flushed = sdk
      .shutdown()
      .catch(reportProblem)
      .then(() => exporter?.shutdown())
      .catch(reportProblem);
    const late = await Promise.race([flushed, sleep(SHUTDOWN_TIMEOUT_MS, LATE, { ref: false })]);
    if (late === LATE)
      log.warn(`telemetry did not stop within ${SHUTDOWN_TIMEOUT_MS} ms; its last spans are lost`);
    for (const remove of uninstall) remove();
    for (const api of [trace, context, propagation, diag]) api.disable();
    running = undefined;
  };
  running = { shutdown: () => (stopped ??= stop()) };
  return running;
}

function createExporter(settings: TelemetrySettings, options: TelemetryOptions): LazyExporter | undefined {
  const given = options.exporter;
  if (given) return new LazyExporter(() => Promise.resolve(given));
  const name = settings.exporter;
  return name === 'none' ? undefined : new LazyExporter(() => loadExporter(name, settings.projectId));
}

function ignore(): void {}
