/** Which log-based metrics of the user an alert condition refers to. */

import type { AlertCondition } from './resources';

/** `logging.googleapis.com/user/NAME` inside quotes, as Monitoring filters and PromQL selectors write it. */
const BY_TYPE = /["']logging\.googleapis\.com\/user\/([^"']+)["']/g;

/** The form PromQL has for a metric's type: the first `/` becomes `:`, every other special character `_`. */
const BY_PROMQL_NAME = /\blogging_googleapis_com:user_(\w+)/g;

/** What PromQL appends to the name of a distribution. */
const SERIES_SUFFIX = /_(bucket|count|sum)$/;

/**
 * The references of `condition` to log-based metrics, as it writes them, that none of the existing `metricNames`
 * answers. Conditions that ask for no validation have none.
 * PromQL's form: https://cloud.google.com/monitoring/promql/promql-mapping
 */
export function missingLogMetrics(
  condition: Omit<AlertCondition, 'name'>,
  metricNames: readonly string[],
): string[] {
  const promQl = condition.conditionPrometheusQueryLanguage;
  if (promQl?.disableMetricValidation === true) return [];
  const { conditionThreshold: threshold, conditionAbsent: absent } = condition;
  const expressions = [promQl?.query, threshold?.filter, threshold?.denominatorFilter, absent?.filter];
  const inPromQl = metricNames.map((name) => name.replace(/\W/g, '_'));

  return expressions.flatMap((expression = '') => [
    ...matches(expression, BY_TYPE).filter((name) => !metricNames.includes(name)),
    ...matches(expression, BY_PROMQL_NAME).filter(
      (name) => !inPromQl.includes(name) && !inPromQl.includes(name.replace(SERIES_SUFFIX, '')),
    ),
  ]);
}

function matches(expression: string, pattern: RegExp): string[] {
  return [...expression.matchAll(pattern)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}
