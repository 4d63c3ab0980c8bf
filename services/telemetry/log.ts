import { destination, pino, type DestinationStream, type Logger } from 'pino';
import { isSpanContextValid, trace, TraceFlags } from './api';
import { messageOf } from './error-text';
import { isError } from './failure';
import { stackTrace, toJsonSafe } from './json-safe';
import { LocalTrace } from './local-trace';
import { parseTelemetrySettings, type Environment } from './settings';

/** https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#logseverity by pino's level names. */
const SEVERITIES: Readonly<Record<string, string>> = {
  trace: 'DEBUG',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
};

/** pino's number for `info`; what is below is a debug line. */
const INFO_LEVEL = 30;

/** pino's number for `error`; from here on an error is reported to Error Reporting. */
const ERROR_LEVEL = 50;

/**
 * Keys to which Cloud Logging gives a meaning of its own; in a logged object they get an underscore in front, so that
 * data cannot pose as a severity or a trace.
 * https://cloud.google.com/logging/docs/structured-logging#special-payload-fields
 */
const RESERVED =
  /^(?:severity|message|time|timestamp|timestampSeconds|timestampNanos|httpRequest|serviceContext|stack_trace|exception|context|@type|logging\.googleapis\.com\/.*)$/;

/** The message of a record in which nothing could be read. */
const UNREADABLE = 'a log record that cannot be read';

/** Length of access lines that wait for each other, at most: what a pipe takes at once (`man 7 pipe`). */
const MAX_WAITING_LENGTH = 65_536;

/** Under this symbol, which no parsed input can contain, the access line hands over its `httpRequest`, and nothing else. */
export const HTTP_REQUEST = Symbol('httpRequest');

/**
 * A pino logger that writes one line of JSON per record in the shape Cloud Logging reads from stdout, linked to the
 * active span. It never throws, whatever it is given. It can be Fastify's `loggerInstance`.
 *
 * @param env tells the service's name and the project of its traces.
 * @param output where lines go; by default stdout, synchronously, so that the last line before an exit is written.
 */
export function createLogger(
  env: Environment,
  output: DestinationStream = destination({ dest: 1, sync: true }),
): Logger {
  const { settings } = parseTelemetrySettings(env);
  const lines = new LineWriter(output);
  const serviceContext = { service: settings.serviceName, version: env['K_REVISION'] };

  const writerOf = (logged: unknown, level: number): Write => {
    if (level < INFO_LEVEL && settings.debugLogs) return lines.writeDebug;
    return level === INFO_LEVEL && isAccessLine(logged) ? lines.writeSoon : lines.writeNow;
  };

  const toArguments = (args: unknown[], level: number): unknown[] => {
    const logged = typeof args[0] === 'object' && args[0] !== null ? args[0] : undefined;
    if (isAccessLine(logged)) {
      // Written for every request, and of texts alone, so that there is nothing to make safe.
      return [{ httpRequest: logged[HTTP_REQUEST], ...traceFields(settings.projectId) }, args[1]];
    }
    const [message, ...values] = logged === undefined ? args : args.slice(1);
    const error = findError(logged);
    // Error Reporting groups by `stack_trace`; a warning must not have one, or it would be reported as well.
    const reported = level >= ERROR_LEVEL && error ? { stack_trace: stackTrace(error), serviceContext } : {};
    const record = { ...toFields(logged), ...reported, ...traceFields(settings.projectId) };
    return [record, toText(message ?? (error && messageOf(error))), ...values.map(toJsonSafe)];
  };

  return pino(
    {
      base: null,
      level: settings.debugLogs ? 'debug' : 'info',
      messageKey: 'message',
      timestamp: createTimestamp(),
      formatters: { level: (label) => ({ severity: SEVERITIES[label] ?? 'DEFAULT' }) },
      serializers: { err: (value: unknown) => value },
      hooks: {
        logMethod(args: unknown[], method, level) {
          const safe = attempt(() => toArguments(args, level)) ?? [
            traceFields(settings.projectId),
            UNREADABLE,
          ];
          lines.write = writerOf(args[0], level);
          Reflect.apply(method, this, safe);
        },
      },
    },
    lines,
  );
}

/** How a line is written. */
type Write = (line: string) => void;

/**
 * Writes lines at once, but debug lines only with the trace that they belong to, and the access lines of one turn of the
 * event loop together, which under load halves what a line costs. Any other line writes those that wait before itself, so
 * that the order stays and the last words of a process are never the ones that wait.
 */
class LineWriter implements DestinationStream {
  readonly #output: DestinationStream;
  #waiting = '';
  #writesAtExit = false;
  /** How pino writes the line that is being logged. */
  write: Write;

  constructor(output: DestinationStream) {
    this.#output = output;
    this.write = this.writeNow;
  }

  readonly writeNow = (line: string): void => {
    this.#writeWaiting();
    this.#output.write(line);
  };

  readonly writeSoon = (line: string): void => {
    if (!this.#writesAtExit) process.once('exit', this.#writeWaiting);
    this.#writesAtExit = true;
    if (this.#waiting === '') setImmediate(this.#writeWaiting);
    this.#waiting += line;
    if (this.#waiting.length > MAX_WAITING_LENGTH) this.#writeWaiting();
  };

  readonly writeDebug = (line: string): void => {
    const span = trace.getActiveSpan()?.spanContext();
    if (span === undefined) return;
    if (span.traceFlags & TraceFlags.SAMPLED) return this.writeNow(line);
    LocalTrace.of(span)?.debug(line, this.writeNow);
  };

  readonly #writeWaiting = (): void => {
    if (this.#waiting === '') return;
    const lines = this.#waiting;
    this.#waiting = '';
    this.#output.write(lines);
  };
}

/** The logger of this process. */
export const log = createLogger(process.env);

function isAccessLine(logged: unknown): logged is { readonly [HTTP_REQUEST]: unknown } {
  return typeof logged === 'object' && logged !== null && HTTP_REQUEST in logged;
}

function toFields(logged: object | undefined): Record<string, unknown> {
  if (logged === undefined) return {};
  const fields: Record<string, unknown> = {};
  const safe = toJsonSafe(isError(logged) ? { err: logged } : logged);
  const entries =
    typeof safe === 'object' && safe !== null ? Object.entries(safe) : [['value', safe] as const];
  for (const [key, value] of entries) fields[RESERVED.test(key) ? `_${key}` : key] = value;
  return fields;
}

/** The time as pino wants it, in the text of RFC 3339, which is made once a second up to its milliseconds. */
function createTimestamp(): () => string {
  let second = Number.NaN;
  let text = '';
  return () => {
    const now = Date.now();
    const ms = now % 1_000;
    if (now - ms !== second) {
      second = now - ms;
      text = `,"timestamp":"${new Date(now).toISOString().slice(0, -'000Z'.length)}`;
    }
    return `${text}${String(ms).padStart(3, '0')}Z"`;
  };
}

/** https://cloud.google.com/trace/docs/trace-log-integration */
function traceFields(projectId: string | undefined): Record<string, unknown> {
  const span = trace.getActiveSpan()?.spanContext();
  if (span === undefined || !isSpanContextValid(span)) return {};
  return {
    'logging.googleapis.com/trace':
      projectId === undefined ? span.traceId : `projects/${projectId}/traces/${span.traceId}`,
    'logging.googleapis.com/spanId': span.spanId,
    'logging.googleapis.com/trace_sampled': (span.traceFlags & TraceFlags.SAMPLED) !== 0,
  };
}

/** The logged error, or the first one among the logged fields. */
function findError(logged: object | undefined): Error | undefined {
  if (logged === undefined || isError(logged)) return logged;
  return Object.keys(logged)
    .map((key) => attempt((): unknown => Reflect.get(logged, key)))
    .find(isError);
}

function toText(message: unknown): string | undefined {
  const safe = toJsonSafe(message);
  return safe === undefined || typeof safe === 'string' ? safe : JSON.stringify(safe);
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
