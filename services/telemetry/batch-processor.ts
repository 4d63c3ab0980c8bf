import { core, tracing } from '@opentelemetry/sdk-node';
import { TraceFlags } from './api';
import { lossReason } from './export-failure';
import type { SpanLosses } from './span-losses';
import { reportProblem } from './telemetry-problems';

/** Spans that may wait, unless OTEL_BSP_MAX_QUEUE_SIZE says otherwise; OpenTelemetry's default. */
const MAX_QUEUE_SIZE = 2_048;

/** A processor that can say what it has not sent when the process cannot wait any longer. */
export interface ExportingProcessor extends tracing.SpanProcessor {
  /** Counts and reports what is not sent yet as lost; what becomes of it later counts no more. */
  giveUp(): void;
}

/**
 * OpenTelemetry's batch processor with its losses counted: it drops what its queue cannot hold and only mentions it some
 * time later, in a debugging text. So the bound of the queue is kept here, in front of it, by the same number: what goes in
 * is counted, and what comes out to the exporter is deducted. A span that ends is queued, sent, or counted as lost.
 *
 * It obeys the other OTEL_BSP_* variables, and ignores spans that are not sampled.
 */
export class BatchProcessor implements ExportingProcessor {
  readonly #exporter: tracing.SpanExporter;
  readonly #losses: SpanLosses;
  readonly #batches: tracing.SpanProcessor;
  readonly #maxQueueSize = queueSizeFromEnvironment() ?? MAX_QUEUE_SIZE;
  #queued = 0;
  /** Spans that the exporter has got and not answered. */
  #unanswered = 0;
  #stopped = false;
  #givenUp = false;

  constructor(exporter: tracing.SpanExporter, losses: SpanLosses) {
    this.#exporter = exporter;
    this.#losses = losses;
    this.#batches = new tracing.BatchSpanProcessor(
      { export: (spans, done) => this.#export(spans, done), shutdown: () => Promise.resolve() },
      { maxQueueSize: this.#maxQueueSize },
    );
  }

  onStart(): void {}

  onEnd(span: tracing.ReadableSpan): void {
    if (!(span.spanContext().traceFlags & TraceFlags.SAMPLED)) return;
    if (this.#stopped) return this.#losses.drop('ended after shutdown', 1);
    if (this.#queued >= this.#maxQueueSize) return this.#losses.drop('queue full', 1);
    this.#queued += 1;
    this.#batches.onEnd(span);
  }

  /** Sends what is queued and waits for what is under way. Rejects where an export of it fails. */
  async forceFlush(): Promise<void> {
    try {
      await this.#batches.forceFlush();
    } finally {
      // The batch processor does not wait for a batch that its timer has sent.
      await this.#exporter.forceFlush?.();
    }
  }

  /** As `forceFlush`, then reports what was lost and stops the exporter, whatever has failed before. */
  async shutdown(): Promise<void> {
    this.#stopped = true;
    try {
      await this.#batches.shutdown();
    } finally {
      await this.#exporter.forceFlush?.();
      this.#losses.report();
      await this.#exporter.shutdown();
    }
  }

  giveUp(): void {
    if (this.#givenUp) return;
    this.#stopped = true;
    this.#givenUp = true;
    const unsent = this.#queued + this.#unanswered;
    if (unsent > 0) this.#losses.drop('not sent in time', unsent);
    this.#losses.report();
  }

  #export(spans: tracing.ReadableSpan[], done: (result: core.ExportResult) => void): void {
    this.#queued -= spans.length;
    this.#unanswered += spans.length;
    this.#exporter.export(spans, (result) => {
      this.#unanswered -= spans.length;
      if (!this.#givenUp && result.code === core.ExportResultCode.FAILED) {
        this.#losses.drop(lossReason(result.error), spans.length);
        // Here, because who flushes may not care why it failed.
        reportProblem(result.error ?? new Error('the exporter failed and did not say why'));
      }
      done(result);
    });
  }
}

function queueSizeFromEnvironment(): number | undefined {
  const size = core.getNumberFromEnv('OTEL_BSP_MAX_QUEUE_SIZE');
  return size !== undefined && size > 0 ? size : undefined;
}
