import { destination, pino, type DestinationStream, type Logger } from 'pino';
import { AccessLog } from './access-log';
import { trace } from './api';
import { messageOf } from './error-text';
import { isError } from './failure';
import { stackTrace, toJsonSafe } from './json-safe';
import { LineWriter } from './line-writer';
import { createTimestamp, SEVERITIES, traceFields } from './log-fields';
import { parseTelemetrySettings, type Environment } from './settings';

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

/** What a process writes its lines with. */
export interface Logs {
  /** It can be Fastify's `loggerInstance`. It never throws, whatever it is given. */
  readonly log: Logger;
  readonly accessLog: AccessLog;
}

/**
 * A pino logger that writes one line of JSON per record in the shape Cloud Logging reads from stdout, linked to the
 * active span, and the access log beside it.
 *
 * @param env tells the service's name and the project of its traces.
 * @param output where lines go; by default stdout, synchronously, so that the last line before an exit is written.
 */
export function createLogs(
  env: Environment,
  output: DestinationStream = destination({ dest: 1, sync: true }),
): Logs {
  const { settings } = parseTelemetrySettings(env);
  const lines = new LineWriter(output);
  const serviceContext = { service: settings.serviceName, version: env['K_REVISION'] };

  const linkToSpan = (): object => traceFields(settings.projectId, trace.getActiveSpan()?.spanContext());

  const toArguments = (args: unknown[], level: number): unknown[] => {
    const logged = typeof args[0] === 'object' && args[0] !== null ? args[0] : undefined;
    const [message, ...values] = logged === undefined ? args : args.slice(1);
    const error = findError(logged);
    // Error Reporting groups by `stack_trace`; a warning must not have one, or it would be reported as well.
    const reported = level >= ERROR_LEVEL && error ? { stack_trace: stackTrace(error), serviceContext } : {};
    const record = { ...toFields(logged), ...reported, ...linkToSpan() };
    return [record, toText(message ?? (error && messageOf(error))), ...values.map(toJsonSafe)];
  };

  const writer: DestinationStream = { write: lines.writeNow };
  const log = pino(
    {
      base: null,
      level: settings.debugLogs ? 'debug' : 'info',
      messageKey: 'message',
      timestamp: createTimestamp(),
      formatters: { level: (label) => ({ severity: SEVERITIES[label] ?? 'DEFAULT' }) },
      serializers: { err: (value: unknown) => value },
      hooks: {
        logMethod(args: unknown[], method, level) {
          const safe = attempt(() => toArguments(args, level)) ?? [linkToSpan(), UNREADABLE];
          const isHeldBack = settings.debugLogs && level < INFO_LEVEL;
          writer.write = isHeldBack ? lines.writeIfKept : lines.writeNow;
          Reflect.apply(method, this, safe);
        },
      },
    },
    writer,
  );
  return { log, accessLog: new AccessLog(log, lines, settings.projectId) };
}

/** Those of this process. */
export const { log, accessLog } = createLogs(process.env);

function toFields(logged: object | undefined): Record<string, unknown> {
  if (logged === undefined) return {};
  const fields: Record<string, unknown> = {};
  const safe = toJsonSafe(isError(logged) ? { err: logged } : logged);
  const entries =
    typeof safe === 'object' && safe !== null ? Object.entries(safe) : [['value', safe] as const];
  for (const [key, value] of entries) fields[RESERVED.test(key) ? `_${key}` : key] = value;
  return fields;
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
