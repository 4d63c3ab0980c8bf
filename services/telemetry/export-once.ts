import { core, type tracing } from '@opentelemetry/sdk-node';

/**
 * One call of an exporter as a promise. It rejects where the exporter throws or rejects: exporters are declared to return
 * nothing, but Google's is an async function.
 */
export function exportOnce(
  exporter: tracing.SpanExporter,
  spans: tracing.ReadableSpan[],
): Promise<core.ExportResult> {
  return new Promise((resolve, reject) => {
    const returned: unknown = exporter.export(spans, resolve);
    Promise.resolve(returned).catch(reject);
  });
}

/** The result of an export that ended with `error`. */
export function failed(error: unknown): core.ExportResult {
  return {
    code: core.ExportResultCode.FAILED,
    error: error instanceof Error ? error : new Error(String(error)),
  };
}
