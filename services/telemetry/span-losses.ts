import { log } from './log';
import type { EvictionReason } from './undecided-spans';

/** Why a span that had ended, and was to be kept or might have been, did not arrive. */
export type LossReason =
  | 'queue full'
  | 'export failed'
  | 'refused as invalid'
  | 'refused in part'
  | 'permission denied'
  | 'ended after shutdown'
  | 'not sent in time'
  | `evicted by ${EvictionReason}`;

/** What a span had too much of for its destination. */
export type Cut = 'attributes' | 'texts' | 'events' | 'links';

/** A broken collector must not fill the log: at most one line in this time. */
const INTERVAL_MS = 60_000;

/** Losses come in bursts; the first line waits this long so that it tells of the whole burst. */
const BURST_MS = 1_000;

/**
 * Counts what did not arrive, by reason, and says so in one log line per minute at most. Every line tells the numbers since
 * the start of the process's telemetry, so that the last one is the exact total.
 */
export class SpanLosses {
  readonly #dropped = new Map<LossReason, number>();
  readonly #cut = new Map<Cut, number>();
  #newlyDropped = false;
  #newlyCut = false;
  #timer: NodeJS.Timeout | undefined;
  #lastReport = Number.NEGATIVE_INFINITY;

  drop(reason: LossReason, spans: number): void {
    add(this.#dropped, reason, spans);
    this.#newlyDropped = true;
    this.#schedule();
  }

  cut(what: Cut, count: number): void {
    add(this.#cut, what, count);
    this.#newlyCut = true;
    this.#schedule();
  }

  /** Writes the line now if there is something new to tell; for the shutdown, after the last export. */
  report(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#newlyDropped && !this.#newlyCut) return;
    const total = sum(this.#dropped);
    const texts = [];
    if (total > 0) texts.push(`spans dropped: ${total} (${list(this.#dropped)})`);
    if (this.#cut.size > 0) texts.push(`cut to what the destination takes: ${list(this.#cut)}`);
    const fields = { spansDropped: total, spansCut: sum(this.#cut) };
    // Long texts are ordinary; a lost span is not.
    if (this.#newlyDropped) log.warn(fields, texts.join('; '));
    else log.info(fields, texts.join('; '));
    this.#newlyDropped = false;
    this.#newlyCut = false;
    this.#lastReport = performance.now();
  }

  #schedule(): void {
    const delayMs = Math.max(BURST_MS, this.#lastReport + INTERVAL_MS - performance.now());
    this.#timer ??= setTimeout(() => this.report(), delayMs).unref();
  }
}

function add<K>(counts: Map<K, number>, key: K, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function sum(counts: ReadonlyMap<unknown, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([key, count]) => `${key} ${count}`).join(', ');
}
