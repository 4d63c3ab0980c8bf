import { tracing } from '@opentelemetry/sdk-node';
import type { KeepRules } from '../../../services/telemetry/keep-rules';
import type { ExportingProcessor } from '../../../services/telemetry/batch-processor';
import { KeptTraceProcessor } from '../../../services/telemetry/kept-trace-processor';
import { SpanLosses, type LossReason } from '../../../services/telemetry/span-losses';

/** Counts at once, without log lines. */
class CountedLosses extends SpanLosses {
  readonly dropped: Partial<Record<LossReason, number>> = {};

  override drop(reason: LossReason, spans: number): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + spans;
  }
}

/** The real SDK recording everything and keeping nothing by ratio, with the processor under test. */
export class KeptTraces {
  readonly passed: tracing.ReadableSpan[] = [];
  readonly losses = new CountedLosses();
  readonly processor: KeptTraceProcessor;
  readonly tracer: ReturnType<tracing.BasicTracerProvider['getTracer']>;
  flushes = 0;

  constructor(rules: KeepRules = { keepErrors: true }) {
    const next: ExportingProcessor = {
      onStart: () => {},
      onEnd: (span) => this.passed.push(span),
      forceFlush: async () => {
        this.flushes += 1;
      },
      shutdown: () => Promise.resolve(),
      giveUp: () => {},
    };
    this.processor = new KeptTraceProcessor(next, rules, this.losses);
    const provider = new tracing.BasicTracerProvider({
      spanProcessors: [this.processor],
      sampler: { shouldSample: () => ({ decision: tracing.SamplingDecision.RECORD }) },
    });
    this.tracer = provider.getTracer('test');
  }

  get names(): string[] {
    return this.passed.map(({ name }) => name);
  }
}
