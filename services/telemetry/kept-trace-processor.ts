import type { SpanContext } from '@opentelemetry/api';
import type { tracing } from '@opentelemetry/sdk-node';
import { TraceFlags } from './api';
import type { ExportingProcessor } from './batch-processor';
import { isWorthKeeping, type KeepRules } from './keep-rules';
import { LocalTrace } from './local-trace';
import type { SpanLosses } from './span-losses';
import { UndecidedSpans, type EvictionReason } from './undecided-spans';

/** How many spans go on at a time when the process ends: a batch of OpenTelemetry's processor, which its queue holds. */
const BATCH_SIZE = 512;

/**
 * Stands in front of the processor that exports, and keeps the traces that turn out worth it among those that the ratio
 * does not keep. Spans that are recorded but not sampled wait until the first of them makes their trace worth keeping, or
 * until their local root ends well: then all of them go on, or none. The spans that end later follow the same way.
 *
 * One decision covers what this process records below one local root. Other services decide by what they see themselves, and a
 * process that serves two requests of a trace decides twice. What the ratio keeps passes at once.
 */
export class KeptTraceProcessor implements ExportingProcessor {
  readonly #next: ExportingProcessor;
  readonly #rules: KeepRules;
  readonly #losses: SpanLosses;
  readonly #undecided: UndecidedSpans;

  /**
   * @param next gets the kept spans, sampled.
   * @param losses counts those that had to go before they were decided.
   */
  constructor(next: ExportingProcessor, rules: KeepRules, losses: SpanLosses) {
    this.#next = next;
    this.#rules = rules;
    this.#losses = losses;
    this.#undecided = new UndecidedSpans((trace, spans, reason) => this.#evict(trace, spans, reason));
  }

  /** How much is waiting for a decision. */
  get waiting(): UndecidedSpans['size'] {
    return this.#undecided.size;
  }

  onStart(span: tracing.Span): void {
    if (!isSampled(span.spanContext())) LocalTrace.join(span.spanContext(), span.parentSpanContext);
  }

  onEnd(span: tracing.ReadableSpan): void {
    const spanContext = span.spanContext();
    if (isSampled(spanContext)) return this.#next.onEnd(span);
    const trace = LocalTrace.of(spanContext);
    if (trace === undefined) return;
    const isLocalRoot = trace.root === spanContext;
    if (trace.decision === undefined && isWorthKeeping(span, isLocalRoot, this.#rules)) this.#keep(trace);
    if (trace.decision === 'keep') return this.#next.onEnd(sampled(span));
    if (trace.decision === 'drop') return;
    if (isLocalRoot) this.#drop(trace);
    else this.#undecided.add(trace, span);
  }

  forceFlush(): Promise<void> {
    return this.#next.forceFlush();
  }

  /**
   * A trace that is undecided when the process ends, or crashes, was not brought to its end: what is there of it goes on, as
   * fast as it can be sent. Then stops the next processor.
   */
  async shutdown(): Promise<void> {
    // Nobody knows how full the next queue is already.
    let unsent = BATCH_SIZE;
    for (const trace of this.#rules.keepErrors ? this.#undecided.traces : []) {
      if (unsent + trace.waiting.length > BATCH_SIZE) {
        unsent = 0;
        // What fails is counted and reported there; the rest is sent all the same.
        await this.#next.forceFlush().catch(() => {});
      }
      unsent += this.#keep(trace);
    }
    await this.#next.shutdown();
  }

  giveUp(): void {
    const { spans } = this.waiting;
    if (this.#rules.keepErrors && spans > 0) this.#losses.drop('not sent in time', spans);
    for (const trace of this.#undecided.traces) this.#drop(trace);
    this.#next.giveUp();
  }

  #keep(trace: LocalTrace): number {
    trace.decide('keep');
    const spans = this.#undecided.take(trace);
    for (const span of spans) this.#next.onEnd(sampled(span));
    return spans.length;
  }

  #drop(trace: LocalTrace): void {
    trace.decide('drop');
    this.#undecided.take(trace);
  }

  #evict(trace: LocalTrace, spans: readonly tracing.ReadableSpan[], reason: EvictionReason): void {
    const { keepSlowerThanMs = Number.POSITIVE_INFINITY } = this.#rules;
    if (performance.now() - trace.waitingSince <= keepSlowerThanMs) {
      this.#losses.drop(`evicted by ${reason}`, spans.length);
      return;
    }
    // Its local root, which is still open, has taken too long already.
    for (const span of spans) this.#next.onEnd(sampled(span));
    this.#keep(trace);
  }
}

function isSampled({ traceFlags }: SpanContext): boolean {
  return (traceFlags & TraceFlags.SAMPLED) !== 0;
}

/** The span as exporters must see it; the recorded one stays as it was, as do the calls that speak of it. */
function sampled(span: tracing.ReadableSpan): tracing.ReadableSpan {
  const { name, kind, startTime, endTime, duration, ended, status, resource, instrumentationScope } = span;
  const { attributes, events, links, droppedAttributesCount, droppedEventsCount, droppedLinksCount } = span;
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const spanContext = {
    traceId,
    spanId,
    traceFlags: traceFlags | TraceFlags.SAMPLED,
    ...(traceState && { traceState }),
  };
  return {
    spanContext: () => spanContext,
    ...(span.parentSpanContext && { parentSpanContext: span.parentSpanContext }),
    name,
    kind,
    startTime,
    endTime,
    duration,
    ended,
    status,
    resource,
    instrumentationScope,
    attributes,
    events,
    links,
    droppedAttributesCount,
    droppedEventsCount,
    droppedLinksCount,
  };
}
