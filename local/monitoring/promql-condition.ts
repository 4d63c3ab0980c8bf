import type { Breach, ConditionSources, SeriesCondition } from './alert-condition';
import { durationMs } from './duration';
import { evaluatePromQl, compares, labelMatcher, resolveMetric } from './promql/evaluate-promql';
import { type Expression, PromQlError } from './promql/expression';
import { parsePromQl } from './promql/parse-promql';
import type { MetricRecorder } from './metric-recorder';
import { REQUEST_COUNT, REQUEST_LATENCIES } from './request-metrics';
import type { AlertCondition } from './resources';
import type { Labels } from './time-series';

type Comparison = Extract<Expression, { kind: 'comparison' }>;
type OverWindow = Extract<Expression, { kind: 'window' }>;

/** Cloud Run's metrics that the local cloud has, as PromQL names them, and their units. */
const CLOUD_RUN_UNITS: ReadonlyMap<string, string> = new Map([
  [REQUEST_COUNT, '1'],
  ...['bucket', 'count', 'sum'].map((part): [string, string] => [`${REQUEST_LATENCIES}_${part}`, 'ms']),
]);

/** Throws PromQlError with what is not evaluated. */
export function promQlCondition(
  { duration, query }: NonNullable<AlertCondition['conditionPrometheusQueryLanguage']>,
  { recorder, series }: ConditionSources,
): SeriesCondition {
  const expression = parsePromQl(query);
  const comparison = comparisonOf(expression);
  const all = windowsOf(expression);
  // What is compared comes first; what it is divided by only says how many requests there were.
  const [first] = windowsOf(comparison.left);
  if (!first) throw new PromQlError('the query asks for no metric');
  for (const { selector } of all) checkMetric(selector.metric);
  const isQuantile = holdsQuantile(comparison.left);

  const offending = (value: number): boolean =>
    !isQuantile || compares(comparison.operator, value, comparison.threshold);
  const newestOf = (labels: Labels, nowMs: number) => {
    const matches = labelMatcher(first.selector.matchers);
    const isAbout = (found: Labels): boolean =>
      matches(found) && Object.entries(labels).every(([label, value]) => (found[label] ?? '') === value);
    const { name } = resolveMetric(first.selector, series);
    return series.newest(name, isAbout, { endMs: nowMs, lengthMs: first.windowMs }, offending);
  };

  return {
    kind: 'series',
    threshold: comparison.threshold,
    get unit() {
      return unitOf(comparison.left, first, recorder);
    },
    durationMs: durationMs(duration),
    windowMs: Math.max(...all.map(({ windowMs }) => windowMs)),
    problem: () =>
      all
        .map(({ selector }) => recorder.logMetric(selector.metric)?.problem)
        .find((each) => each !== undefined),
    breaches: (nowMs) =>
      evaluatePromQl(expression, series, nowMs).map(({ labels, value }): Breach => {
        const newest = newestOf(labels, nowMs);
        const service = labels['service_name'] ?? newest?.service;
        return {
          labels,
          value,
          ...(service !== undefined && { service }),
          ...(newest?.traceId !== undefined && { traceId: newest.traceId }),
        };
      }),
  };
}

/** The comparison whose left side is the value of the alert. */
function comparisonOf(expression: Expression): Comparison {
  if (expression.kind === 'and') return comparisonOf(expression.left);
  if (expression.kind === 'comparison') return expression;
  throw new PromQlError('the query does not compare with a number, so that there is no threshold');
}

/** In the order of the query. */
function windowsOf(expression: Expression): OverWindow[] {
  if (expression.kind === 'number') return [];
  if (expression.kind === 'window') return [expression];
  if ('of' in expression) return windowsOf(expression.of);
  return [...windowsOf(expression.left), ...('right' in expression ? windowsOf(expression.right) : [])];
}

function holdsQuantile(expression: Expression): boolean {
  if (expression.kind === 'arithmetic')
    return holdsQuantile(expression.left) || holdsQuantile(expression.right);
  return expression.kind === 'quantile';
}

/** A quantile is in the unit of its metric, a share is a plain number. */
function unitOf(compared: Expression, first: OverWindow, recorder: MetricRecorder): string {
  const { metric } = first.selector;
  if (compared.kind === 'quantile')
    return CLOUD_RUN_UNITS.get(metric) ?? recorder.logMetric(metric)?.unit ?? '1';
  if (compared.kind === 'arithmetic') return '1';
  return first.perSecond ? '1/s' : '1';
}

function checkMetric(name: string): void {
  if (CLOUD_RUN_UNITS.has(name) || name.startsWith('logging_googleapis_com:user_')) return;
  const known = [...CLOUD_RUN_UNITS.keys(), 'logging_googleapis_com:user_...'].join(', ');
  throw new PromQlError(`the local cloud has no metric '${name}'; it has ${known}`);
}
