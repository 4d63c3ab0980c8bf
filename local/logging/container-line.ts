import { parseSpanId, parseTraceId } from '../trace/ids';
import type { LogEntry } from './log-store';
import { SEVERITIES } from './severities';

/** A line that a container wrote, and where it came from. */
export interface ContainerLine {
  readonly service: string;
  readonly revision: string;
  readonly location: string;
  readonly stream: 'stdout' | 'stderr';
  /** Without the newline. */
  readonly text: string;
  /** Traces of other projects are not linked. */
  readonly projectId: string;
  readonly receivedAt: Date;
}

/** Largest log entry of Cloud Logging (cloud.google.com/logging/quotas). */
const LINE_LIMIT_BYTES = 256 * 1024;

/** Deeper objects are kept as text: who writes them out again must not run out of stack. */
const MAX_DEPTH = 100;

/** Words of other loggers that Google's logging agent understands (fluent-plugin-google-cloud, SEVERITY_TRANSLATIONS). */
const SEVERITY_WORDS: ReadonlyMap<string, string> = new Map([
  ['TRACE', 'DEBUG'],
  ['WARN', 'WARNING'],
  ['ERR', 'ERROR'],
  ['SEVERE', 'ERROR'],
  ['CRIT', 'CRITICAL'],
  ['FATAL', 'CRITICAL'],
  ['EMERG', 'EMERGENCY'],
]);

/** Special fields of a JSON line (cloud.google.com/logging/docs/structured-logging#special-payload-fields). */
const FIELD = {
  severity: 'severity',
  message: 'message',
  time: 'time',
  timestamp: 'timestamp',
  httpRequest: 'httpRequest',
  trace: 'logging.googleapis.com/trace',
  spanId: 'logging.googleapis.com/spanId',
  traceSampled: 'logging.googleapis.com/trace_sampled',
} as const;

/**
 * The entry that Cloud Logging makes of a line. A line that is no JSON object is its own message with severity
 * DEFAULT, on stderr too: "Logs to stdout or stderr do not have an associated log level"
 * (cloud.google.com/functions/docs/monitoring/logging). A special field whose value cannot be understood stays among
 * the other fields. Never throws.
 */
export function parseContainerLine(line: ContainerLine): LogEntry {
  const text = capped(line.text);
  const entry = {
    timestamp: line.receivedAt.toISOString(),
    severity: 'DEFAULT',
    log: line.stream,
    service: line.service,
    revision: line.revision,
    location: line.location,
    message: text,
  } as const;
  const json = parseObject(text);
  if (!json || isDeeperThan(MAX_DEPTH, json)) return entry;

  const rest = new Map(Object.entries(json));
  const take = <T>(field: string, parse: (value: unknown) => T | undefined): T | undefined => {
    const value = rest.has(field) ? parse(rest.get(field)) : undefined;
    if (value !== undefined) rest.delete(field);
    return value;
  };
  const severity = take(FIELD.severity, parseSeverity);
  const timestamp = take(FIELD.timestamp, parseTime) ?? take(FIELD.time, parseTime);
  const traceId = take(FIELD.trace, (value) => parseTrace(value, line.projectId));
  const spanId = take(FIELD.spanId, (value) => (typeof value === 'string' ? parseSpanId(value) : undefined));
  const traceSampled = take(FIELD.traceSampled, (value) => (typeof value === 'boolean' ? value : undefined));
  const httpRequest = take(FIELD.httpRequest, asObject);
  const message = take(FIELD.message, (value) => (typeof value === 'string' ? value : undefined));
  const fields = Object.fromEntries(rest);
  return {
    ...entry,
    ...(severity !== undefined && { severity }),
    ...(timestamp !== undefined && { timestamp }),
    ...(traceId !== undefined && { traceId }),
    ...(spanId !== undefined && { spanId }),
    ...(traceSampled !== undefined && { traceSampled }),
    ...(httpRequest !== undefined && { httpRequest }),
    // Without a message the Logs Explorer shows the payload itself; without a payload, the request.
    message: message ?? (rest.size > 0 ? JSON.stringify(fields) : ''),
    ...(rest.size > 0 && { fields }),
  };
}

/** The text within the limit, cut between two characters. */
function capped(text: string): string {
  // A UTF-16 unit takes at most three bytes, so that most lines need no counting.
  if (text.length * 3 <= LINE_LIMIT_BYTES) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= LINE_LIMIT_BYTES) return text;
  let end = LINE_LIMIT_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeperThan(levels - 1, member));
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return isObject(value) ? value : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseSeverity(value: unknown): string | undefined {
  if (typeof value === 'number') return SEVERITIES[Math.floor(value / 100)];
  if (typeof value !== 'string') return undefined;
  const word = value.trim().toUpperCase();
  return SEVERITIES.includes(word) ? word : SEVERITY_WORDS.get(word);
}

/** RFC 3339, or the parts of a google.protobuf.Timestamp. */
function parseTime(value: unknown): string | undefined {
  if (typeof value === 'string') {
    const at = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d/.test(value) ? Date.parse(value) : Number.NaN;
    return isoTime(at);
  }
  const parts = asObject(value);
  const seconds = parts?.['seconds'];
  const nanos = parts?.['nanos'] ?? 0;
  // Protobuf's JSON writes 64-bit integers as strings.
  if ((typeof seconds !== 'number' && typeof seconds !== 'string') || typeof nanos !== 'number')
    return undefined;
  return seconds === '' ? undefined : isoTime(Number(seconds) * 1000 + Math.floor(nanos / 1_000_000));
}

function isoTime(unixMs: number): string | undefined {
  const time = new Date(unixMs);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/** `projects/PROJECT/traces/TRACE` of the own project, or a bare trace id. */
function parseTrace(value: unknown, projectId: string): string | undefined {
  if (typeof value !== 'string') return undefined;
  const prefix = `projects/${projectId}/traces/`;
  return parseTraceId(value.startsWith(prefix) ? value.slice(prefix.length) : value);
}
