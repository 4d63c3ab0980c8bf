import type { Span } from './span';
import type { TraceStore } from './trace-store';

/** As long as a service may keep its spans back: its slowest request, which is an hour, is not worth that much. */
const WAIT_MS = 60_000;

/** How many spans wait at the same time; the oldest is given up for another. */
const MAX_WAITING = 1_000;

/**
 * Spans of what sends none itself, such as a bucket. One is put into its trace when its caller's span has arrived: a trace
 * that no service keeps is not begun by its peers.
 */
export class PeerSpans {
  readonly #traces: TraceStore;
  readonly #waiting = new Set<AbortController>();

  constructor(traces: TraceStore) {
    this.#traces = traces;
  }

  /** Does not wait where the span has no parent. */
  add(span: Span): void {
    if (span.parentSpanId === undefined) this.#traces.add([span]);
    else void this.#addBelow(span, span.parentSpanId);
  }

  /** Gives up what is still waiting. */
  dispose(): void {
    for (const waiting of this.#waiting) waiting.abort();
  }

  async #addBelow(span: Span, parentSpanId: string): Promise<void> {
    const giveUp = new AbortController();
    this.#waiting.add(giveUp);
    const [oldest] = this.#waiting;
    if (this.#waiting.size > MAX_WAITING) oldest?.abort();
    const hasParent = ({ spans }: { readonly spans: readonly Span[] }): boolean =>
      spans.some(({ spanId }) => spanId === parentSpanId);
    const trace = await this.#traces.waitFor(span.traceId, hasParent, {
      timeoutMs: WAIT_MS,
      signal: giveUp.signal,
    });
    this.#waiting.delete(giveUp);
    if (trace) this.#traces.add([span]);
  }
}
