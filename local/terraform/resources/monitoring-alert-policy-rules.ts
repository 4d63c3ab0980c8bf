/** What Google refuses in an alert policy, as far as it shows in the configuration alone. */

import type { Attributes, Diagnostic } from '../resource-type';
import { blocks, isSet, projectDiagnostics, refusal, text } from './attributes';

/** https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies */
const MAX_CONDITIONS = 6;
/** `MetricThreshold.filter` of the same page. */
const MAX_FILTER_LENGTH = 2048;
/** `PrometheusQueryLanguageCondition.evaluationInterval` of the same page. */
const EVALUATION_INTERVAL_STEP_SEC = 30;
/** `MetricThreshold.duration` of the same page. */
const DURATION_STEP_SEC = 60;

const MODELLED_KINDS = [
  'condition_threshold',
  'condition_absent',
  'condition_matched_log',
  'condition_prometheus_query_language',
];
const OTHER_KINDS = ['condition_monitoring_query_language', 'condition_sql'];

/**
 * A time-series selector, which takes the place of metric and resource type where the data is an objective's:
 * https://docs.cloud.google.com/stackdriver/docs/solutions/slo-monitoring/api/timeseries-selectors
 */
const SLO_SELECTOR = /^\s*select_slo_\w+\(\s*"([^"]+)"\s*(?:,\s*"?\d+[smhd]?"?\s*)?\)\s*$/;
const SLO_SELECTOR_HELP =
  'Write select_slo_burn_rate("projects/P/services/S/serviceLevelObjectives/O", "3600s") and nothing else.';

type Path = (string | number)[];

/** Name of the objective that a filter selects the data of; undefined for filters by metric. */
export function selectedObjective(filter: string): string | undefined {
  return SLO_SELECTOR.exec(filter)?.[1];
}

/** Takes a configuration or plan, whose values may be unknown, and returns what is wrong with it. */
export function validateAlertPolicy(config: Attributes): Diagnostic[] {
  const conditions = blocks(config, 'conditions');
  const diagnostics = projectDiagnostics(config);
  if (conditions.length > MAX_CONDITIONS) {
    diagnostics.push(
      refusal(
        ['conditions'],
        `An alert policy has at most ${MAX_CONDITIONS} conditions`,
        `This one has ${conditions.length}. Split the policy.`,
      ),
    );
  }
  if (conditions.some((condition) => isSet(condition, 'condition_matched_log'))) {
    if (conditions.length > 1) {
      diagnostics.push(
        refusal(
          ['conditions'],
          'A policy with a log match has no other condition',
          'Alert policies with a "condition_matched_log" can only have a single condition. Split the policy.',
        ),
      );
    }
    const strategy = blocks(config, 'alert_strategy')[0];
    const unknown = isSet(config, 'alert_strategy') && !strategy;
    if (!unknown && !(strategy && isSet(strategy, 'notification_rate_limit'))) {
      diagnostics.push(
        refusal(
          ['alert_strategy'],
          'A policy with a log match needs a rate limit',
          'Write a "notification_rate_limit" block with a "period" in "alert_strategy".',
        ),
      );
    }
  }
  return [
    ...diagnostics,
    ...conditions.flatMap((condition, index) => validateCondition(condition, ['conditions', index])),
  ];
}

function validateCondition(condition: Attributes, path: Path): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const kinds = [...MODELLED_KINDS, ...OTHER_KINDS].filter((kind) => isSet(condition, kind));
  if (kinds.length !== 1) {
    diagnostics.push(
      refusal(
        path,
        'A condition is of exactly one kind',
        `It has ${kinds.length === 0 ? 'none' : kinds.join(' and ')}. Write one of ${MODELLED_KINDS.join(', ')}.`,
      ),
    );
  }
  for (const kind of kinds.filter((each) => OTHER_KINDS.includes(each))) {
    diagnostics.push(
      refusal(
        [...path, kind],
        `"${kind}" is not modelled in the local cloud`,
        `Write the condition in PromQL ("condition_prometheus_query_language") or as one of ${MODELLED_KINDS.join(', ')}.`,
      ),
    );
  }
  const inner = (kind: string) =>
    blocks(condition, kind).map((block): [Attributes, Path] => [block, [...path, kind, 0]]);
  return [
    ...diagnostics,
    ...inner('condition_threshold').flatMap(([block, where]) => validateThreshold(block, where)),
    ...inner('condition_absent').flatMap(([block, where]) => validateTimeSeries(block, where)),
    ...inner('condition_prometheus_query_language').flatMap(([block, where]) => validatePromQl(block, where)),
    ...inner('condition_matched_log').flatMap(([block, where]) =>
      text(block, 'filter')?.trim() === ''
        ? [
            refusal(
              [...where, 'filter'],
              'A log match needs a filter',
              'Write a query of the Logging query language.',
            ),
          ]
        : [],
    ),
  ];
}

function validateThreshold(block: Attributes, path: Path): Diagnostic[] {
  const comparison = text(block, 'comparison');
  const supported = comparison === undefined || ['COMPARISON_GT', 'COMPARISON_LT'].includes(comparison);
  return [
    ...validateTimeSeries(block, path),
    ...(supported
      ? []
      : [
          refusal(
            [...path, 'comparison'],
            `"${comparison}" is not supported by Monitoring`,
            'Write "COMPARISON_GT" or "COMPARISON_LT".',
          ),
        ]),
  ];
}

/** The rules that threshold and absence conditions share. */
function validateTimeSeries(block: Attributes, path: Path): Diagnostic[] {
  const diagnostics = filterDiagnostics(block, 'filter', path);
  if (!isSet(block, 'filter')) {
    diagnostics.push(
      refusal(
        [...path, 'filter'],
        'The condition needs a filter',
        'Name the metric: metric.type="..." AND resource.type="...".',
      ),
    );
  }
  if (isSet(block, 'denominator_filter'))
    diagnostics.push(...filterDiagnostics(block, 'denominator_filter', path));
  const duration = text(block, 'duration');
  if (duration !== undefined && !isMultiple(duration, DURATION_STEP_SEC, 0)) {
    diagnostics.push(
      refusal(
        [...path, 'duration'],
        `"${duration}" cannot be a condition's duration`,
        `Write a multiple of a minute in seconds, such as "0s", "60s" or "300s".`,
      ),
    );
  }
  return diagnostics;
}

function filterDiagnostics(block: Attributes, name: string, path: Path): Diagnostic[] {
  const filter = text(block, name);
  if (filter === undefined) return [];
  const diagnostics: Diagnostic[] = [];
  if (filter.includes('select_slo_')) {
    if (selectedObjective(filter) !== undefined) return [];
    return [
      refusal(
        [...path, name],
        'The filter is not a time-series selector',
        `Got: ${filter}. ${SLO_SELECTOR_HELP}`,
      ),
    ];
  }
  for (const term of ['metric.type', 'resource.type']) {
    if (filter.includes(term)) continue;
    diagnostics.push(
      refusal(
        [...path, name],
        `The filter must specify a restriction on "${term}"`,
        `Got: ${filter}. Add AND ${term}="${term === 'resource.type' ? 'cloud_run_revision' : '...'}".`,
      ),
    );
  }
  if (filter.length > MAX_FILTER_LENGTH) {
    diagnostics.push(
      refusal(
        [...path, name],
        'The filter is too long',
        `It has ${filter.length} characters; allowed are ${MAX_FILTER_LENGTH}.`,
      ),
    );
  }
  return diagnostics;
}

function validatePromQl(block: Attributes, path: Path): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  if (text(block, 'query')?.trim() === '') {
    diagnostics.push(
      refusal([...path, 'query'], 'A PromQL condition needs a query', 'Write an expression such as up == 0.'),
    );
  }
  const interval = text(block, 'evaluation_interval');
  if (
    interval !== undefined &&
    !isMultiple(interval, EVALUATION_INTERVAL_STEP_SEC, EVALUATION_INTERVAL_STEP_SEC)
  ) {
    diagnostics.push(
      refusal(
        [...path, 'evaluation_interval'],
        `"${interval}" cannot be an evaluation interval`,
        `Write a positive multiple of ${EVALUATION_INTERVAL_STEP_SEC} seconds, such as "30s" or "60s".`,
      ),
    );
  }
  const duration = text(block, 'duration');
  if (duration !== undefined && !isMultiple(duration, 1, 0)) {
    diagnostics.push(
      refusal(
        [...path, 'duration'],
        `"${duration}" cannot be a duration`,
        'Write seconds, such as "0s" or "300s".',
      ),
    );
  }
  return diagnostics;
}

/** Whether a duration such as `60s` is a multiple of `stepSec` and at least `minSec`. */
function isMultiple(duration: string, stepSec: number, minSec: number): boolean {
  const seconds = Number(/^(\d+)s$/.exec(duration)?.[1]);
  return seconds >= minSec && seconds % stepSec === 0;
}
