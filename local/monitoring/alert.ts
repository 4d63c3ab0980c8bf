import type { AlertCondition, AlertPolicy } from './resources';
import type { Labels } from './time-series';

/** An incident: a time in which an alert policy was violated. */
export interface Alert {
  /** Resource name of the policy. */
  readonly policy: string;
  /** The policy's display name. */
  readonly title: string;
  /** Display name of the condition; those of a policy that needs several are joined by `and`. */
  readonly condition: string;
  /** Cloud Run's name of the service it is about, where it is about one. */
  readonly service?: string;
  readonly state: 'firing' | 'ended';
  /** RFC 3339. */
  readonly since: string;
  readonly until?: string;
  /** When it fired. */
  readonly value: number;
  readonly threshold: number;
  /** Such as `s` or `ms`; `1` is a plain number. */
  readonly unit: string;
  /** Of the newest request that made it fire. */
  readonly traceId?: string;
  /** The policy's, as Markdown, with what Monitoring fills in. */
  readonly documentation: string;
}

/** What a deployed policy makes of the logs and metrics right now. */
export interface PolicyStatus {
  /** Resource name. */
  readonly policy: string;
  readonly title: string;
  /** Of a disabled policy nothing is evaluated. */
  readonly enabled: boolean;
  readonly firing: boolean;
  readonly conditions: readonly ConditionStatus[];
}

export interface ConditionStatus {
  readonly title: string;
  /** `pending` would be met, if it had been so for as long as the condition asks. */
  readonly state: 'ok' | 'pending' | 'met' | 'not evaluated';
  /** When a pending one is met if it stays so, RFC 3339. */
  readonly metAt?: string;
  /** Why it is not evaluated. */
  readonly why?: string;
}

/**
 * The policy's documentation with its variables filled in; those that there is no value for stay as they are
 * (cloud.google.com/monitoring/alerts/doc-variables).
 */
export function documentationOf(
  { displayName, documentation, name }: AlertPolicy,
  condition: AlertCondition | undefined,
  labels: Labels,
): string {
  const values = new Map<string, string | undefined>([
    ['policy.name', name],
    ['policy.display_name', displayName],
    ['condition.name', condition?.name],
    ['condition.display_name', condition?.displayName],
    ['resource.type', labels['monitored_resource']],
    ...Object.entries(labels).flatMap(([label, value]) =>
      ['metric', 'resource', 'metric_or_resource'].map((of): [string, string] => [
        `${of}.label.${label}`,
        value,
      ]),
    ),
  ]);
  return (documentation?.content ?? '').replaceAll(
    /\$\{([^}]+)\}/g,
    (written, variable: string) => values.get(variable) ?? written,
  );
}
