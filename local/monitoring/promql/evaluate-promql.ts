import { type Count, type Labels, labelsKey, type TimeSeries } from '../time-series';
import type { Arithmetic, Comparison, Expression, Matcher, Selector } from './expression';

/** One value of the answer, and what it is about. */
export interface Element {
  readonly labels: Labels;
  readonly value: number;
}

/** The label of a bucket's upper bound. */
const BOUND = 'le';

/** The answer at a time. Only selectors have data: an expression of numbers alone answers with one value and no labels. */
export function evaluatePromQl(expression: Expression, series: TimeSeries, nowMs: number): Element[] {
  const evaluate = (each: Expression): Element[] => evaluatePromQl(each, series, nowMs);
  if (expression.kind === 'number') return [{ labels: {}, value: expression.value }];
  if (expression.kind === 'window') return overWindow(expression, series, nowMs);
  if (expression.kind === 'sum') return sumBy(expression.by, evaluate(expression.of));
  if (expression.kind === 'quantile') return quantiles(expression.quantile, evaluate(expression.of));
  const left = evaluate(expression.left);
  if (expression.kind === 'comparison')
    return left.filter(({ value }) => compares(expression.operator, value, expression.threshold));
  const right = evaluate(expression.right);
  if (expression.kind === 'arithmetic') return calculate(expression, left, right);
  const others = byLabels(right);
  return left.filter(({ labels }) => others.has(labelsKey(labels)));
}

const COMPARISONS: Readonly<Record<Comparison, (left: number, right: number) => boolean>> = {
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
};

export function compares(operator: Comparison, value: number, threshold: number): boolean {
  return COMPARISONS[operator](value, threshold);
}

/** Whether labels fulfil all matchers, whose regular expressions are anchored; an absent label is an empty one. */
export function labelMatcher(matchers: readonly Matcher[]): (labels: Labels) => boolean {
  const tests = matchers.map(({ label, operator, value }): ((labels: Labels) => boolean) => {
    const pattern = operator === '=~' || operator === '!~' ? new RegExp(`^(?:${value})$`) : undefined;
    const isWanted = operator === '=' || operator === '=~';
    return (labels) => {
      const actual = labels[label] ?? '';
      return (pattern ? pattern.test(actual) : actual === value) === isWanted;
    };
  });
  return (labels) => tests.every((test) => test(labels));
}

/** The metric that a selector names, and which part of a distribution it is; a metric of that very name comes first. */
export function resolveMetric(
  { metric }: Selector,
  series: TimeSeries,
): { readonly name: string; readonly part: 'whole' | 'bucket' | 'count' | 'sum' } {
  const [, name, suffix] = /^(.+)_(bucket|count|sum)$/.exec(metric) ?? [];
  if (name === undefined || series.has(metric)) return { name: metric, part: 'whole' };
  return { name, part: suffix === 'bucket' || suffix === 'sum' ? suffix : 'count' };
}

/** All that was counted in the window: unlike Prometheus, Monitoring's backend has no samples to extrapolate from. */
function overWindow(
  { perSecond, selector, windowMs }: Extract<Expression, { kind: 'window' }>,
  series: TimeSeries,
  nowMs: number,
): Element[] {
  const { name, part } = resolveMetric(selector, series);
  const divisor = perSecond ? windowMs / 1000 : 1;
  const counts = series.counts(name, labelMatcher(selector.matchers), { endMs: nowMs, lengthMs: windowMs });
  return counts.flatMap((count) => {
    if (part === 'bucket') return cumulative(count, divisor);
    return [{ labels: count.labels, value: (part === 'sum' ? count.sum : count.count) / divisor }];
  });
}

/** One element per bucket with everything up to its bound, as Prometheus has histograms. */
function cumulative({ labels, bounds, buckets }: Count, divisor: number): Element[] {
  let sum = 0;
  return buckets.map((count, index) => {
    sum += count;
    const bound = bounds[index];
    return {
      labels: { ...labels, [BOUND]: bound === undefined ? '+Inf' : String(bound) },
      value: sum / divisor,
    };
  });
}

function sumBy(by: readonly string[], elements: readonly Element[]): Element[] {
  const groups = new Map<string, { labels: Labels; value: number }>();
  for (const { labels, value } of elements) {
    const kept = Object.fromEntries(by.map((label) => [label, labels[label] ?? '']));
    const key = labelsKey(kept);
    const group = groups.get(key);
    if (group) group.value += value;
    else groups.set(key, { labels: kept, value });
  }
  return [...groups.values()];
}

function quantiles(quantile: number, elements: readonly Element[]): Element[] {
  const histograms = new Map<string, { labels: Labels; buckets: { bound: number; count: number }[] }>();
  for (const { labels, value } of elements) {
    const { [BOUND]: bound, ...rest } = labels;
    if (bound === undefined) continue;
    const key = labelsKey(rest);
    const histogram = histograms.get(key) ?? { labels: rest, buckets: [] };
    histograms.set(key, histogram);
    histogram.buckets.push({
      bound: bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound),
      count: value,
    });
  }
  return [...histograms.values()].map(({ labels, buckets }) => ({
    labels,
    value: quantileOf(
      quantile,
      buckets.toSorted((a, b) => a.bound - b.bound),
    ),
  }));
}

/**
 * As Prometheus does it: linear within the bucket, from 0 in the lowest; the last bound where it falls above that
 * (prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile). Counts are cumulative.
 */
function quantileOf(
  quantile: number,
  buckets: readonly { readonly bound: number; readonly count: number }[],
): number {
  const total = buckets.at(-1)?.count ?? 0;
  if (total === 0) return Number.NaN;
  const rank = quantile * total;
  const index = buckets.findIndex(({ count }) => count >= rank);
  const found = buckets[index];
  const below = buckets[index - 1];
  if (!found) return Number.NaN;
  if (found.bound === Number.POSITIVE_INFINITY) return below?.bound ?? Number.NaN;
  const [start, before] = [below?.bound ?? 0, below?.count ?? 0];
  const inside = found.count - before;
  return inside === 0 ? start : start + ((found.bound - start) * (rank - before)) / inside;
}

function byLabels(elements: readonly Element[]): ReadonlyMap<string, number> {
  return new Map(elements.map(({ labels, value }) => [labelsKey(labels), value]));
}

const CALCULATIONS: Readonly<Record<Arithmetic, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
};

/** A number goes with every element of the other side, an element with the one of the same labels. */
function calculate(
  expression: Extract<Expression, { kind: 'arithmetic' }>,
  left: readonly Element[],
  right: readonly Element[],
): Element[] {
  const apply = CALCULATIONS[expression.operator];
  if (expression.right.kind === 'number') {
    const { value: number } = expression.right;
    return left.map(({ labels, value }) => ({ labels, value: apply(value, number) }));
  }
  if (expression.left.kind === 'number') {
    const { value: number } = expression.left;
    return right.map(({ labels, value }) => ({ labels, value: apply(number, value) }));
  }
  const others = byLabels(right);
  return left.flatMap(({ labels, value }) => {
    const other = others.get(labelsKey(labels));
    return other === undefined ? [] : [{ labels, value: apply(value, other) }];
  });
}
