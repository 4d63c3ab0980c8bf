import type { tracing } from '@opentelemetry/sdk-node';
import type { LocalTrace } from './local-trace';
import { estimateSpanBytes } from './span-bytes';

/**
 * How much may wait for decisions in one process. Traces: the most requests that Cloud Run gives to one instance at a
 * time (https://cloud.google.com/run/docs/about-concurrency). Spans per trace: what Cloud Trace shows of one
 * (https://cloud.google.com/trace/docs/quotas). Age: twice Cloud Run's default request timeout. Spans and bytes: what an
 * instance of 512 MiB can spare.
 */
export const UNDECIDED_BOUNDS = {
  traces: 1_000,
  spansPerTrace: 1_000,
  spans: 10_000,
  bytes: 16 * 1024 * 1024,
  ageMs: 600_000,
};

/** Why spans were let go before anything was decided about them. */
export type EvictionReason = 'traces' | 'spans per trace' | 'spans' | 'bytes' | 'age';

type Evict = (trace: LocalTrace, spans: readonly tracing.ReadableSpan[], reason: EvictionReason) => void;

/** The spans that have ended and wait for their local roots, within bounds: where there is too much, the oldest go. */
export class UndecidedSpans {
  readonly #evict: Evict;
  /** Those with waiting spans, the longest waiting first. */
  readonly #traces = new Set<LocalTrace>();
  #spans = 0;
  #bytes = 0;

  /** @param evict is given the spans that have to go. Their trace stays undecided unless it decides. */
  constructor(evict: Evict) {
    this.#evict = evict;
  }

  /** How much is waiting; never more than the bounds. */
  get size(): { readonly traces: number; readonly spans: number; readonly bytes: number } {
    return { traces: this.#traces.size, spans: this.#spans, bytes: this.#bytes };
  }

  get traces(): readonly LocalTrace[] {
    return [...this.#traces];
  }

  add(trace: LocalTrace, span: tracing.ReadableSpan): void {
    const now = performance.now();
    if (trace.waiting.length === 0) {
      this.#traces.add(trace);
      trace.waitingSince = now;
    }
    const bytes = estimateSpanBytes(span);
    trace.waiting.push(span);
    trace.waitingBytes += bytes;
    this.#spans += 1;
    this.#bytes += bytes;
    if (trace.waiting.length > UNDECIDED_BOUNDS.spansPerTrace) this.#evictOldestOf(trace);
    this.#evictOldest(now);
  }

  /** The trace's waiting spans, which wait no longer. */
  take(trace: LocalTrace): readonly tracing.ReadableSpan[] {
    if (!this.#traces.delete(trace)) return [];
    const { waiting } = trace;
    this.#spans -= waiting.length;
    this.#bytes -= trace.waitingBytes;
    trace.waiting = [];
    trace.waitingBytes = 0;
    return waiting;
  }

  #evictOldestOf(trace: LocalTrace): void {
    const [span] = trace.waiting.splice(0, 1);
    if (span === undefined) return;
    const bytes = estimateSpanBytes(span);
    trace.waitingBytes -= bytes;
    this.#spans -= 1;
    this.#bytes -= bytes;
    this.#evict(trace, [span], 'spans per trace');
  }

  /** No timer does this: nothing is armed in an instance that gets no CPU, and what waits is within the other bounds. */
  #evictOldest(now: number): void {
    for (const trace of this.#traces) {
      const reason = this.#excess(now - trace.waitingSince);
      if (reason === undefined) return;
      this.#evict(trace, this.take(trace), reason);
    }
  }

  #excess(oldestMs: number): EvictionReason | undefined {
    const { traces, spans, bytes, ageMs } = UNDECIDED_BOUNDS;
    if (this.#traces.size > traces) return 'traces';
    if (this.#spans > spans) return 'spans';
    if (this.#bytes > bytes) return 'bytes';
    return oldestMs > ageMs ? 'age' : undefined;
  }
}
