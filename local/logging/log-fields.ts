import { LogFilterError } from './log-filter-error';
import type { LogEntry } from './log-store';

/** The one monitored resource that writes entries here (cloud.google.com/monitoring/api/resources). */
export const RESOURCE_TYPE = 'cloud_run_revision';

/** Name of Cloud Run's logs, as `log_id()` takes them. */
export function logIdOf({ log }: LogEntry): string {
  return log === 'system' ? 'run.googleapis.com/varlog/system' : `run.googleapis.com/${log}`;
}

/** Labels of the monitored resource that wrote an entry. */
export function resourceLabels(entry: LogEntry): Readonly<Record<string, string>> {
  return {
    service_name: entry.service,
    configuration_name: entry.service,
    revision_name: entry.revision,
    location: entry.location,
  };
}

type Read = (entry: LogEntry, rest: readonly string[]) => unknown;

/** Fields of LogEntry by their first name (cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry). */
const FIELDS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['severity', ({ severity }) => severity],
  ['trace', ({ traceId }) => traceId],
  ['spanId', ({ spanId }) => spanId],
  ['traceSampled', ({ traceSampled }) => traceSampled],
  ['timestamp', ({ timestamp }) => timestamp],
  ['httpRequest', ({ httpRequest }, rest) => memberOf(httpRequest, rest)],
  // A line with a message and nothing else is text at Google, too.
  ['textPayload', ({ fields, message }) => (fields === undefined && message !== '' ? message : undefined)],
  [
    'jsonPayload',
    ({ fields, message }, rest) =>
      fields === undefined ? undefined : memberOf({ ...fields, message }, rest),
  ],
  ['resource', (entry, rest) => memberOf({ type: RESOURCE_TYPE, labels: resourceLabels(entry) }, rest)],
]);

/**
 * Reads a field such as `httpRequest.latency` or `resource.labels.service_name`; what it returns gives undefined for an
 * entry without it. Throws LogFilterError for what the local cloud does not keep.
 */
export function fieldReader(path: string): (entry: LogEntry) => unknown {
  const [first = '', ...rest] = path.split('.');
  const read = FIELDS.get(first);
  const known = first !== 'resource' || rest[0] === 'type' || isKept(rest);
  if (read && known) return (entry) => read(entry, rest);
  throw new LogFilterError(`the local cloud does not keep the field '${path}'`);
}

function isKept([labels, label, ...more]: readonly string[]): boolean {
  const kept = ['service_name', 'configuration_name', 'revision_name', 'location'];
  return labels === 'labels' && label !== undefined && kept.includes(label) && more.length === 0;
}

function memberOf(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const name of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, name)) return undefined;
    current = new Map<string, unknown>(Object.entries(current)).get(name);
  }
  return current;
}
