import { bucketOf } from '../logging/bucket-layout';

/** Time is kept in slots of this length, so that what is kept does not grow with the traffic. */
export const SLOT_MS = 5_000;

/** Different label values of one metric; what comes with more is not kept. Cloud Logging allows 30,000. */
const MAX_SERIES_PER_METRIC = 1_000;

export type Labels = Readonly<Record<string, string>>;

/** One event, such as a request. */
export interface Sample {
  /** As PromQL names it, without a suffix. */
  readonly metric: string;
  readonly labels: Labels;
  readonly atMs: number;
  /** Of a distribution, with its buckets' upper bounds. */
  readonly value?: number;
  readonly bounds?: readonly number[];
  readonly example: Example;
}

/** The request behind a sample. */
export interface Example {
  readonly traceId?: string;
  readonly service: string;
}

/** What a series has counted in a window. */
export interface Count {
  readonly labels: Labels;
  readonly count: number;
  /** Of the values of a distribution. */
  readonly sum: number;
  /** Of a distribution: how many values in each bucket, the last being without a bound. */
  readonly buckets: readonly number[];
  readonly bounds: readonly number[];
}

interface Slot {
  readonly index: number;
  count: number;
  sum: number;
  /** bucket -> how many values */
  readonly buckets: Map<number, number>;
}

interface Series {
  readonly labels: Labels;
  readonly bounds: readonly number[];
  /** Oldest first; a slot without a sample is not there. */
  readonly slots: Slot[];
  /** The newest sample of each bucket. */
  readonly newest: Map<number, NewestSample>;
}

interface NewestSample extends Example {
  readonly atMs: number;
  readonly value: number | undefined;
}

export interface Window {
  readonly endMs: number;
  readonly lengthMs: number;
}

/** What was counted lately, by metric and labels. Memory is bounded by series, slots and buckets. */
export class TimeSeries {
  /** metric -> labels -> series */
  readonly #metrics = new Map<string, Map<string, Series>>();
  #refused = 0;

  /** Samples that were not kept because their metric has too many different labels. */
  get refused(): number {
    return this.#refused;
  }

  record(sample: Sample): void {
    const series = this.#seriesOf(sample);
    if (!series) {
      this.#refused += 1;
      return;
    }
    const { atMs, example, value } = sample;
    const index = Math.floor(atMs / SLOT_MS);
    let slot = series.slots.at(-1);
    // A clock that was set back must not make slots without end.
    if (!slot || slot.index < index) {
      slot = { index, count: 0, sum: 0, buckets: new Map() };
      series.slots.push(slot);
    }
    const bucket = value === undefined ? 0 : bucketOf(value, series.bounds);
    slot.count += 1;
    slot.sum += value ?? 0;
    if (value !== undefined) slot.buckets.set(bucket, (slot.buckets.get(bucket) ?? 0) + 1);
    series.newest.set(bucket, { ...example, atMs, value });
  }

  has(metric: string): boolean {
    return this.#metrics.has(metric);
  }

  /** The series that counted something in the window, which begins with a whole slot and so up to SLOT_MS too early. */
  counts(metric: string, matches: (labels: Labels) => boolean, window: Window): Count[] {
    const last = Math.floor(window.endMs / SLOT_MS);
    const first = Math.floor((window.endMs - window.lengthMs) / SLOT_MS);
    return this.#matching(metric, matches).flatMap(({ labels, bounds, slots }) => {
      const inside = slots.filter(({ index }) => index >= first && index <= last);
      if (inside.length === 0) return [];
      const buckets = Array.from({ length: bounds.length === 0 ? 0 : bounds.length + 1 }, () => 0);
      let [count, sum] = [0, 0];
      for (const slot of inside) {
        count += slot.count;
        sum += slot.sum;
        for (const [bucket, values] of slot.buckets) buckets[bucket] = (buckets[bucket] ?? 0) + values;
      }
      return [{ labels, count, sum, buckets, bounds }];
    });
  }

  /** The newest request in the window; where values are given, the newest that is `offending`, if one still is known. */
  newest(
    metric: string,
    matches: (labels: Labels) => boolean,
    window: Window,
    offending: (value: number) => boolean = () => true,
  ): Example | undefined {
    let found: NewestSample | undefined;
    for (const { newest } of this.#matching(metric, matches)) {
      for (const sample of newest.values()) {
        if (sample.atMs < window.endMs - window.lengthMs || sample.atMs > window.endMs) continue;
        if (sample.value !== undefined && !offending(sample.value)) continue;
        if (!found || sample.atMs >= found.atMs) found = sample;
      }
    }
    return found;
  }

  /** Forgets what is older than `keepMs`. */
  prune(nowMs: number, keepMs: number): void {
    const first = Math.floor((nowMs - keepMs) / SLOT_MS);
    for (const [metric, all] of this.#metrics) {
      for (const [key, { slots }] of all) {
        const old = slots.findIndex(({ index }) => index >= first);
        slots.splice(0, old < 0 ? slots.length : old);
        if (slots.length === 0) all.delete(key);
      }
      if (all.size === 0) this.#metrics.delete(metric);
    }
  }

  #matching(metric: string, matches: (labels: Labels) => boolean): Series[] {
    return [...(this.#metrics.get(metric)?.values() ?? [])].filter(({ labels }) => matches(labels));
  }

  #seriesOf({ metric, labels, bounds = [] }: Sample): Series | undefined {
    const all = this.#metrics.get(metric) ?? new Map<string, Series>();
    this.#metrics.set(metric, all);
    const key = labelsKey(labels);
    const found = all.get(key);
    // Other buckets are another distribution, as after an update of the metric.
    if (found && found.bounds.length === bounds.length && found.bounds.every((each, i) => each === bounds[i]))
      return found;
    if (!found && all.size >= MAX_SERIES_PER_METRIC) return undefined;
    const series = { labels, bounds, slots: [], newest: new Map<number, NewestSample>() };
    all.set(key, series);
    return series;
  }
}

/** The same for the same labels in any order. */
export function labelsKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
