import type { tracing } from '@opentelemetry/sdk-node';
import type { TracesExporter } from './settings';
import { withoutWarning } from './without-warning';

/**
 * How long the OTLP exporter goes on with one batch, retries included, in milliseconds. Its default of 10 s is all the time
 * that Cloud Run gives after SIGTERM.
 */
const OTLP_TIMEOUT_MS = 4_000;

/** Loads the code of an exporter and makes one. `otlp` takes its endpoint from OpenTelemetry's own variables. */
export async function loadExporter(
  name: Exclude<TracesExporter, 'none'>,
  projectId: string | undefined,
): Promise<tracing.SpanExporter> {
  if (name === 'gcp_trace') return loadCloudTrace(projectId);
  if (name === 'console') return new (await import('@opentelemetry/sdk-node')).tracing.ConsoleSpanExporter();
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter({ timeoutMillis: OTLP_TIMEOUT_MS });
}

async function loadCloudTrace(projectId: string | undefined): Promise<tracing.SpanExporter> {
  const { TraceExporter } = await import('@google-cloud/opentelemetry-cloud-trace-exporter');
  const options = {
    ...(projectId === undefined ? {} : { projectId }),
    // Cloud Trace has no resource on a span; `service.name` must become a label for services to be told apart.
    resourceFilter: /^service\./,
  };
  return withoutWarning('DEP_GCP_OTEL_TRACE_EXPORTER', () => new TraceExporter(options));
}
