/** What Google, or its provider, refuses in an objective, as far as it shows in the configuration alone. */

import type { Attributes, Diagnostic } from '../resource-type';
import { blocks, isSet, projectDiagnostics, refusal, text } from './attributes';

/** `goal`, `slo_id` and `rolling_period_days` of the provider's reference of google_monitoring_slo. */
const MAX_GOAL = 0.9999;
const SLO_ID = /^[a-zA-Z0-9\-_:.]+$/;
const MAX_ROLLING_DAYS = 30;
const CALENDAR_PERIODS = ['DAY', 'WEEK', 'FORTNIGHT', 'MONTH'];

type Path = (string | number)[];

/** Takes a configuration or plan, whose values may be unknown, and returns what is wrong with it. */
export function validateSlo(config: Attributes): Diagnostic[] {
  return [
    ...projectDiagnostics(config),
    ...validateIdAndGoal(config),
    ...validatePeriod(config),
    ...validateIndicator(config),
  ];
}

function validateIdAndGoal(config: Attributes): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const sloId = text(config, 'slo_id');
  if (sloId !== undefined && !SLO_ID.test(sloId)) {
    diagnostics.push(
      refusal(
        ['slo_id'],
        `"${sloId}" cannot be an objective's id`,
        'Allowed are letters, digits and the characters -_:.',
      ),
    );
  }
  const { goal } = config;
  if (typeof goal === 'number' && !(goal > 0 && goal <= MAX_GOAL)) {
    diagnostics.push(
      refusal(['goal'], `${goal} cannot be a goal`, `Write a share above 0 and up to ${MAX_GOAL}.`),
    );
  }
  return diagnostics;
}

function validatePeriod(config: Attributes): Diagnostic[] {
  const diagnostics = exactlyOne(config, ['rolling_period_days', 'calendar_period'], []);
  const days = config['rolling_period_days'];
  if (typeof days === 'number' && !(days >= 1 && days <= MAX_ROLLING_DAYS)) {
    diagnostics.push(
      refusal(['rolling_period_days'], `${days} days cannot be a period`, `Write 1 to ${MAX_ROLLING_DAYS}.`),
    );
  }
  const calendar = text(config, 'calendar_period');
  if (calendar !== undefined && calendar !== '' && !CALENDAR_PERIODS.includes(calendar)) {
    diagnostics.push(
      refusal(
        ['calendar_period'],
        `"${calendar}" is not a calendar period`,
        `Write one of ${CALENDAR_PERIODS.join(', ')}.`,
      ),
    );
  }
  return diagnostics;
}

function validateIndicator(config: Attributes): Diagnostic[] {
  if (isSet(config, 'windows_based_sli')) {
    return [
      refusal(
        ['windows_based_sli'],
        '"windows_based_sli" is not modelled in the local cloud',
        'Write a "basic_sli" or a "request_based_sli".',
      ),
    ];
  }
  return [
    ...exactlyOne(config, ['basic_sli', 'request_based_sli'], []),
    ...blocks(config, 'basic_sli').flatMap((block) => validateBasic(block, ['basic_sli', 0])),
    ...blocks(config, 'request_based_sli').flatMap((block) =>
      validateRequestBased(block, ['request_based_sli', 0]),
    ),
  ];
}

function validateBasic(block: Attributes, path: Path): Diagnostic[] {
  const latency = blocks(block, 'latency').flatMap((criteria) => {
    const threshold = text(criteria, 'threshold');
    if (threshold === undefined || /^\d+(\.\d{1,9})?s$/.test(threshold)) return [];
    return [
      refusal(
        [...path, 'latency', 0, 'threshold'],
        `"${threshold}" is not a duration`,
        'Write seconds, such as "0.5s" or "2s".',
      ),
    ];
  });
  const availability = blocks(block, 'availability')
    .filter(({ enabled }) => enabled === false)
    .map(() =>
      refusal(
        [...path, 'availability', 0, 'enabled'],
        '"enabled" must be true',
        'Take the "availability" block out to have none.',
      ),
    );
  return [...exactlyOne(block, ['availability', 'latency'], path), ...availability, ...latency];
}

function validateRequestBased(block: Attributes, path: Path): Diagnostic[] {
  const ratios = blocks(block, 'good_total_ratio').flatMap((ratio) => {
    const filters = ['good_service_filter', 'bad_service_filter', 'total_service_filter'];
    const set = filters.filter((filter) => isSet(ratio, filter));
    if (set.length === 2) return [];
    return [
      refusal(
        [...path, 'good_total_ratio'],
        'A ratio is of exactly two filters',
        `It has ${set.length === 0 ? 'none' : set.join(' and ')}. Write two of ${filters.join(', ')}.`,
      ),
    ];
  });
  return [...exactlyOne(block, ['good_total_ratio', 'distribution_cut'], path), ...ratios];
}

function exactlyOne(block: Attributes, names: readonly string[], path: Path): Diagnostic[] {
  const set = names.filter((name) => isSet(block, name));
  if (set.length === 1) return [];
  return [
    refusal(
      [...path, names[0] ?? ''],
      `Exactly one of ${names.map((name) => `"${name}"`).join(' and ')} is needed`,
      `There ${set.length === 0 ? 'is none' : `are ${set.length}`}.`,
    ),
  ];
}
