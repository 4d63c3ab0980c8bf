import { oneLine, paint, SGR } from '../logging/terminal-text';
import type { Alert, ConditionStatus, PolicyStatus } from './alert';

interface TextOptions {
  readonly colour: boolean;
}

/** One line that tells what fired, why, and where to look. */
export function renderFired(alert: Alert): string {
  const trace = alert.traceId === undefined ? '' : `, trace ${alert.traceId}`;
  return oneLine(`${alert.title}: ${valueOf(alert)}${trace}`);
}

/** A paragraph per alert: when, what, how much, which trace, and what the policy says to do. */
export function renderAlerts(alerts: readonly Alert[], { colour }: TextOptions): string {
  return alerts
    .map((alert) => {
      const isFiring = alert.state === 'firing';
      const until = alert.until === undefined ? '' : ` until ${timeOf(alert.until)}`;
      const lines = [
        `${paint(alert.state.padEnd(STATE_COLUMNS), isFiring ? SGR.red : SGR.dim, colour)} ${oneLine(alert.title)}`,
        `since ${timeOf(alert.since)}${until}`,
        `${oneLine(alert.condition)}: ${valueOf(alert)}`,
        ...(alert.service === undefined ? [] : [`service ${oneLine(alert.service)}`]),
        ...(alert.traceId === undefined ? [] : [`trace ${alert.traceId}`]),
        ...alert.documentation
          .split('\n')
          .map(oneLine)
          .filter((line) => line !== ''),
      ];
      return lines.join(`\n${' '.repeat(STATE_COLUMNS)} `);
    })
    .join('\n\n');
}

/** A line per condition of every policy. */
export function renderPolicies(policies: readonly PolicyStatus[], { colour }: TextOptions): string {
  return policies
    .flatMap(({ conditions, enabled, title }) => [
      oneLine(title) + (enabled ? '' : ' (disabled)'),
      ...conditions.map((condition) => `  ${renderCondition(condition, colour)}`),
    ])
    .join('\n');
}

/** As long as `not evaluated`. */
const CONDITION_COLUMNS = 13;
/** As long as `firing`. */
const STATE_COLUMNS = 6;

function renderCondition({ metAt, state, title, why }: ConditionStatus, colour: boolean): string {
  const word = state.padEnd(CONDITION_COLUMNS);
  const sgr = state === 'met' ? SGR.red : state === 'ok' ? SGR.dim : SGR.yellow;
  const rest = [
    ...(metAt === undefined ? [] : [`met at ${timeOf(metAt)} if it stays so`]),
    ...(why === undefined ? [] : [oneLine(why)]),
  ];
  return `${paint(word, sgr, colour)} ${[oneLine(title), ...rest].join(': ')}`;
}

function valueOf({ threshold, unit, value }: Alert): string {
  const suffix = unit === '1' ? '' : ` ${oneLine(unit)}`;
  return `${numberText(value)}${suffix}, threshold ${numberText(threshold)}${suffix}`;
}

/** Four digits tell a value from its threshold. */
function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/** Time of day in UTC, as log lines have it. */
function timeOf(rfc3339: string): string {
  return `${rfc3339.slice(11, 19)} UTC`;
}
