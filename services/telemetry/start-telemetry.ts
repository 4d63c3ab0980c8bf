import { setTimeout as sleep } from 'node:timers/promises';
import { core, NodeSDK, tracing } from '@opentelemetry/sdk-node';
import { context, diag, DiagLogLevel, propagation, trace } from './api';
import { ArrivedIdGenerator } from './arrival';
import { createSpanProcessor } from './exporters';
import { traceFastify } from './fastify-server-spans';
import { traceFetch } from './fetch-client-spans';
import { traceHttpClients } from './http-client-spans';
import { traceHttpServers } from './http-server-spans';
import { keepsAny } from './keep-rules';
import { log } from './log';
import { TracedPropagator } from './propagator';
import { createResource } from './resource';
import { RatioSampler } from './sampler';
import { ResponseFlush } from './response-flush';
import { describeProblem } from './setting-problem';
import { parseCalleeOrigins, parseTelemetrySettings, type Environment } from './settings';
import { reportProblem } from './telemetry-problems';
import { keepTracer } from './tracer';

/** Running telemetry of a process. */
export interface Telemetry {
  /**
   * Sends what is still queued and stops. Never rejects, and may be called again. What is not sent in time is counted as
   * lost.
   *
   * @param timeoutMs how long it may take, 5 s unless given: Cloud Run kills a container 10 s after SIGTERM, and requests
   * are finished before this.
   */
  shutdown(timeoutMs?: number): Promise<void>;
}

export interface TelemetryOptions {
  /** Where spans go. @default - the exporter that the environment names */
  readonly exporter?: tracing.SpanExporter;
  /**
   * Origins, such as `https://api.example.com`, to which outgoing requests carry trace context.
   *
   * @default - only those of the callees that the environment names
   */
  readonly firstParties?: readonly string[];
}

const SHUTDOWN_TIMEOUT_MS = 5_000;
/** Otherwise somebody who looks for spans on a machine of their own finds neither them nor a reason. */
const NOTHING_EXPORTED =
  'spans are not exported: OTEL_TRACES_EXPORTER is none, its default outside of Cloud Run; gcp_trace, otlp or console ' +
  'would send them';

const LATE = Symbol('late');

let running: Telemetry | undefined;

/**
 * Traces this process: incoming requests of servers of `node:http` and `node:https`, so of every framework above them,
 * outgoing ones of `fetch` and of these modules, and whatever is recorded by OpenTelemetry's API. With `OTEL_SDK_DISABLED=true` nothing at all is installed. While telemetry
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

  const processor = createSpanProcessor(settings, options.exporter);
  const firstParties = new Set([...parseCalleeOrigins(env), ...(options.firstParties ?? [])]);
  const exports = options.exporter !== undefined || settings.exporter !== 'none';
  if (!exports) log.info(NOTHING_EXPORTED);
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
    spanProcessors: [processor],
  });
  sdk.start();
  const flush = settings.flush === 'request' ? new ResponseFlush(() => processor.forceFlush()) : undefined;
  const uninstall = [
    keepTracer(),
    traceHttpServers(flush),
    traceFastify(),
    traceFetch(firstParties),
    traceHttpClients(firstParties),
  ];

  let stopped: Promise<void> | undefined;
  const stop = async (timeoutMs: number): Promise<void> => {
    const flushed = sdk.shutdown().catch(reportProblem);
    const late = await Promise.race([flushed, sleep(timeoutMs, LATE, { ref: false })]);
    if (late === LATE) processor.giveUp();
    for (const remove of uninstall) remove();
    for (const api of [trace, context, propagation, diag]) api.disable();
    running = undefined;
  };
  running = { shutdown: (timeoutMs = SHUTDOWN_TIMEOUT_MS) => (stopped ??= stop(timeoutMs)) };
  return running;
}

function ignore(): void {}
