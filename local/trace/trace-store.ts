import type { LogEntry } from '../logging/log-store';
import type { Span } from './span';
import { matchesQuery, type TraceQuery } from './trace-query';
import { summarize, type TraceSummary } from './trace-summary';

/** All spans of one trace that have arrived, in the order they arrived. */
export interface Trace {
  readonly traceId: string;
  readonly spans: readonly Span[];
}

/** How much is kept; the oldest traces are dropped first. A trace that is full refuses further spans. */
const LIMITS = { traces: 1_000, spans: 100_000, spansPerTrace: 10_000 };

/** Keeps the newest traces in memory. */
export class TraceStore {
  /** trace id -> span id -> span, oldest trace first */
  readonly #traces = new Map<string, Map<string, Span>>();
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #listeners = new Set<(traceId: string) => void>();
  readonly #limits: typeof LIMITS;
  #spanCount = 0;
  #onAdded: ((spans: readonly Span[]) => void) | undefined;
  #receivedSpans = 0;

  constructor(limits: typeof LIMITS = LIMITS) {
    this.#limits = limits;
  }

  /**
   * Adds finished spans and returns how many were refused because their trace is full. A span that is sent again, as
   * exporters do after a timeout, replaces its first copy.
   */
  add(spans: readonly Span[]): number {
    let refused = 0;
    const taken: Span[] = [];
    for (const span of spans) {
      const trace = this.#traces.get(span.traceId) ?? new Map<string, Span>();
      this.#traces.set(span.traceId, trace);
      if (trace.size >= this.#limits.spansPerTrace && !trace.has(span.spanId)) {
        refused += 1;
        continue;
      }
      const added = trace.has(span.spanId) ? 0 : 1;
      this.#spanCount += added;
      this.#receivedSpans += added;
      trace.set(span.spanId, span);
      taken.push(span);
      this.#dropOldest();
    }
    this.#onAdded?.(taken);
    for (const traceId of new Set(spans.map((span) => span.traceId))) this.lookAgain(traceId);
    return refused;
  }

  /** From now on `listener` is told of all spans that are taken, before `add` returns. */
  onAdded(listener: (spans: readonly Span[]) => void): void {
    this.#onAdded = listener;
  }

  /** How many traces there are, and how many there may be. */
  get size(): { readonly kept: number; readonly atMost: number } {
    return { kept: this.#traces.size, atMost: this.#limits.traces };
  }

  /** Drops these traces. */
  forget(traceIds: Iterable<string>): void {
    for (const traceId of traceIds) {
      this.#spanCount -= this.#traces.get(traceId)?.size ?? 0;
      this.#traces.delete(traceId);
    }
  }

  clear(): void {
    this.#traces.clear();
    this.#spanCount = 0;
  }

  /** Spans that have been added since the start, also of traces that are no longer kept. */
  get receivedSpans(): number {
    return this.#receivedSpans;
  }

  /** Has those who wait for the trace look at it again, because something else that they go by has changed. */
  lookAgain(traceId: string): void {
    // A look that is answered leaves the set, which a Set takes in its stride while it is walked.
    for (const look of this.#waiting.get(traceId) ?? []) look();
    for (const listener of this.#listeners) listener(traceId);
  }

  /** Has `listener` told of every trace that changes, until the function that is returned is called. */
  onChange(listener: (traceId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  trace(traceId: string): Trace | undefined {
    const spans = this.#traces.get(traceId);
    return spans && { traceId, spans: [...spans.values()] };
  }

  /** Ids of the traces that begin with `digits`, oldest first. */
  idsStartingWith(digits: string): string[] {
    return [...this.#traces.keys()].filter((traceId) => traceId.startsWith(digits));
  }

  /** Summaries of the traces that match, newest first. `logsOf` gives the entries of a trace, which are searched too. */
  list(query: TraceQuery = {}, logsOf: (traceId: string) => readonly LogEntry[] = () => []): TraceSummary[] {
    const { limit = Infinity } = query;
    const found: TraceSummary[] = [];
    for (const [traceId, byId] of [...this.#traces].toReversed()) {
      if (found.length >= limit) break;
      const spans = [...byId.values()];
      const summary = summarize(traceId, spans);
      if (matchesQuery(query, summary, spans, () => logsOf(traceId))) found.push(summary);
    }
    return found;
  }

  /**
   * Waits until the trace is there and `predicate` accepts it, and returns it; undefined after `timeoutMs` or when
   * `signal` aborts. The predicate runs whenever spans of the trace arrive, and at `lookAgain`.
   */
  async waitFor(
    traceId: string,
    predicate: (trace: Trace) => boolean,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<Trace | undefined> {
    const accepted = (): Trace | undefined => {
      const trace = this.trace(traceId);
      return trace && predicate(trace) ? trace : undefined;
    };
    const already = accepted();
    if (already || options.signal?.aborted) return already;
    return new Promise((resolve, reject) => {
      const looks = this.#waiting.get(traceId) ?? new Set();
      this.#waiting.set(traceId, looks);
      const settle = (how: () => void): void => {
        clearTimeout(timer);
        options.signal?.removeEventListener('abort', giveUp);
        looks.delete(look);
        if (looks.size === 0) this.#waiting.delete(traceId);
        how();
      };
      const giveUp = (): void => settle(() => resolve(undefined));
      const look = (): void => {
        try {
          const trace = accepted();
          if (trace) settle(() => resolve(trace));
        } catch (error) {
          settle(() => reject(error));
        }
      };
      const timer = setTimeout(giveUp, options.timeoutMs);
      options.signal?.addEventListener('abort', giveUp, { once: true });
      looks.add(look);
    });
  }

  #dropOldest(): void {
    for (const [traceId, spans] of this.#traces) {
      if (this.#traces.size <= this.#limits.traces && this.#spanCount <= this.#limits.spans) return;
      this.#traces.delete(traceId);
      this.#spanCount -= spans.size;
    }
  }
}
