import { tracing } from '@opentelemetry/sdk-node';
import { BatchProcessor, type ExportingProcessor } from './batch-processor';
import { keepsAny } from './keep-rules';
import { KeptTraceProcessor } from './kept-trace-processor';
import { LazyExporter } from './lazy-exporter';
import type { TelemetrySettings, TracesExporter } from './settings';
import { SpanLosses } from './span-losses';

/**
 * What becomes of spans that have ended: they go in batches to the exporter that the settings name, or to `given`, and
 * what is lost on the way is counted and logged. The exporter's code is loaded by the first batch.
 */
export function createSpanProcessor(
  settings: TelemetrySettings,
  given?: tracing.SpanExporter,
): ExportingProcessor {
  const { exporter, projectId } = settings;
  if (!given && exporter === 'none') return new NothingExported();
  const losses = new SpanLosses();
  const load = (): Promise<tracing.SpanExporter> =>
    given ? Promise.resolve(given) : loadExporter(exporter, projectId, losses);
  const batches = new BatchProcessor(new LazyExporter(load), losses);
  return keepsAny(settings) ? new KeptTraceProcessor(batches, settings, losses) : batches;
}

class NothingExported extends tracing.NoopSpanProcessor implements ExportingProcessor {
  giveUp(): void {}
}

async function loadExporter(
  name: TracesExporter,
  projectId: string | undefined,
  losses: SpanLosses,
): Promise<tracing.SpanExporter> {
  if (name === 'gcp_trace') {
    return (await import('./cloud-trace-exporter')).loadCloudTraceExporter(projectId, losses);
  }
  if (name === 'otlp') return (await import('./otlp-exporter')).loadOtlpExporter(projectId, losses);
  return new tracing.ConsoleSpanExporter();
}
