import { trace, ProxyTracerProvider } from '@opentelemetry/api';
import { core, type tracing } from '@opentelemetry/sdk-node';
import { log } from '../../../services/telemetry/log';
import { startTelemetry } from '../../../services/telemetry/start-telemetry';

/** Telemetry of the test's own process, with its spans at hand. */
export interface TracedProcess {
  /** Spans that have ended and been exported so far. */
  spans(): Promise<tracing.ReadableSpan[]>;
  stop(): Promise<void>;
}

/** Starts telemetry with the real SDK and an exporter that keeps what it is given. */
export function traceThisProcess(env: Record<string, string> = {}): TracedProcess {
  log.level = 'silent';
  const exported: tracing.ReadableSpan[] = [];
  const exporter: tracing.SpanExporter = {
    export: (spans, done) => {
      exported.push(...spans);
      done({ code: core.ExportResultCode.SUCCESS });
    },
    shutdown: () => Promise.resolve(),
  };
  const telemetry = startTelemetry({ OTEL_SERVICE_NAME: 'test', ...env }, { exporter });
  return {
    spans: async () => {
      const provider = trace.getTracerProvider();
      if (!(provider instanceof ProxyTracerProvider)) throw new Error('telemetry is not running');
      const sdk: object = provider.getDelegate();
      if ('forceFlush' in sdk && typeof sdk.forceFlush === 'function') await sdk.forceFlush();
      return [...exported];
    },
    stop: () => telemetry.shutdown(),
  };
}
