import { setTimeout as sleep } from 'node:timers/promises';
import { context, diag, DiagLogLevel, propagation, trace } from '@opentelemetry/api';
import { core, NodeSDK, tracing } from '@opentelemetry/sdk-node';
import { ArrivedIdGenerator } from './arrival';
import { createSpanProcessor } from './exporters';
import { traceFastify } from './fastify-server-spans';
import { traceFetch } from './fetch-client-spans';
import { keepsAny } from './keep-rules';
import { log } from './log';
import { TracedPropagator } from './propagator';
import { createResource } from './resource';
import { RatioSampler } from './sampler';
import { describeProblem, parseTelemetrySettings, type Environment } from './settings';
import { reportProblem } from './telemetry-problems';
import { keepTracer } from './tracer';

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

  const exports = options.exporter !== undefined || settings.exporter !== 'none';
  const { RECORD, NOT_RECORD } = tracing.SamplingDecision;
  const sdk = new NodeSDK({
    sampler: new RatioSampler(settings.samplingRatio, exports && keepsAny(settings) ? RECORD : NOT_RECORD),
    idGenerator: new ArrivedIdGenerator(),
    textMapPropagator: new TracedPropagator(settings.trustCaller),
    resource: createResource(settings, env),
    autoDetectResources: false,
    instrumentations: [],
    // Empty, not absent: an absent list makes NodeSDK start OTLP exporters, which hold up the shutdown for 8 s.
    metricReaders: [],
    logRecordProcessors: [],
    spanProcessors: [createSpanProcessor(settings, options.exporter)],
  });
  sdk.start();
  const uninstall = [keepTracer(), traceFastify(), traceFetch()];

  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    const flushed = sdk.shutdown().catch(reportProblem);
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

function ignore(): void {}
