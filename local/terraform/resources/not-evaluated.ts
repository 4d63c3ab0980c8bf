/** Warnings of what Google acts on and the local cloud keeps only: it is no reason to refuse what can be deployed. */

import { logMetricReader } from '../../logging/log-metric-reader';
import { whyNotEvaluated } from '../../monitoring/alert-condition';
import type { AlertCondition } from '../../monitoring/resources';
import type { Attributes, Diagnostic } from '../resource-type';
import { blocks, isSet, text } from './attributes';
import { isObject } from '../values';

/** A warning for each condition that is not evaluated, as far as its values are known. */
export function warnOfConditions(config: Attributes): Diagnostic[] {
  return blocks(config, 'conditions').flatMap((block, index) => {
    const condition = knownCondition(block);
    const why = condition && whyNotEvaluated(condition);
    if (why === undefined) return [];
    return [warning(['conditions', index], `The condition "${text(block, 'display_name') ?? ''}"`, why)];
  });
}

/** A warning for a log-based metric that never has data. */
export function warnOfLogMetric(config: Attributes): Diagnostic[] {
  const filter = text(config, 'filter');
  const extractors = config['label_extractors'] ?? null;
  if (filter === undefined || (extractors !== null && !isObject(extractors))) return [];
  const labelExtractors = Object.fromEntries(
    Object.entries(extractors ?? {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
  const valueExtractor = text(config, 'value_extractor');
  const metric = {
    name: '',
    filter,
    labelExtractors,
    ...(valueExtractor !== undefined && {
      valueExtractor,
      metricDescriptor: { metricKind: 'DELTA', valueType: 'DISTRIBUTION' },
    }),
  };
  try {
    logMetricReader(metric);
    return [];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [warning([], `The log-based metric "${text(config, 'name') ?? ''}"`, why)];
  }
}

/** What decides whether a condition is evaluated; undefined when that is not known yet. */
function knownCondition(block: Attributes): Omit<AlertCondition, 'name'> | undefined {
  const displayName = '';
  const [promQl] = blocks(block, 'condition_prometheus_query_language');
  const query = promQl && text(promQl, 'query');
  if (query !== undefined) return { displayName, conditionPrometheusQueryLanguage: { query } };
  const [log] = blocks(block, 'condition_matched_log');
  const logFilter = log && text(log, 'filter');
  if (logFilter !== undefined) return { displayName, conditionMatchedLog: { filter: logFilter } };
  const [threshold] = blocks(block, 'condition_threshold');
  const [filter, comparison] = threshold ? [text(threshold, 'filter'), text(threshold, 'comparison')] : [];
  if (filter !== undefined && comparison !== undefined)
    return { displayName, conditionThreshold: { filter, comparison, duration: '0s' } };
  return isSet(block, 'condition_absent') ? { displayName } : undefined;
}

function warning(path: readonly (string | number)[], what: string, why: string): Diagnostic {
  return {
    severity: 'warning',
    path,
    summary: `${what} is not evaluated in the local cloud`,
    detail: `${why}. It is deployed as configured, and Google evaluates it.`,
  };
}
