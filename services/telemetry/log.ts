import { destination, pino, type DestinationStream, type Logger } from 'pino';
import { AccessLog } from './access-log';
import { trace } from './api';
import { copyBindings } from './child-loggers';
import { withinLimit } from './line-limit';
import { LineWriter } from './line-writer';
import { createTimestamp, SEVERITIES, traceFields } from './log-fields';
import { reportFields, toRecord } from './log-record';
import { parseTelemetrySettings, type Environment } from './settings';
import { callerOf } from './source-location';

/** pino's number for `info`; what is below is a debug line. */
const INFO_LEVEL = 30;

/**
 * pino's number for `error`; from here on a record goes to Error Reporting and says where it was logged, which takes longer
 * than all the rest of an ordinary line.
 */
const ERROR_LEVEL = 50;

/** The message of a record without one, of which nothing could be written. */
const UNREADABLE = 'a log record that cannot be read';

/** pino's number for `fatal`, whose method is a wrapper around what the others are. */
const FATAL_LEVEL = 60;

type Method = (...args: unknown[]) => void;

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

  const writeNow = (line: string): void => lines.writeNow(withinLimit(line));
  const writeIfKept = (line: string): void => lines.writeIfKept(withinLimit(line));
  const writer: DestinationStream = { write: writeNow };

  function logMethod(this: Logger, args: unknown[], method: Method, level: number): void {
    writer.write = settings.debugLogs && level < INFO_LEVEL ? writeIfKept : writeNow;
    const record = toRecord(args);
    const link = traceFields(settings.projectId, trace.getActiveSpan()?.spanContext());
    const report =
      level >= ERROR_LEVEL &&
      reportFields(record, serviceContext, callerOf(logMethod, level === FATAL_LEVEL ? 2 : 1));
    try {
      Reflect.apply(method, this, [
        { ...record.fields, ...report, ...link },
        record.message,
        ...record.values,
      ]);
    } catch {
      // A child's serializers are the application's, and may throw.
      Reflect.apply(method, this, [link, record.message ?? UNREADABLE]);
    }
  }

  const log = pino(
    {
      base: null,
      level: settings.debugLogs ? 'debug' : 'info',
      messageKey: 'message',
      timestamp: createTimestamp(),
      formatters: { level: (label) => ({ severity: SEVERITIES[label] ?? 'DEFAULT' }) },
      serializers: { err: (value: unknown) => value },
      hooks: { logMethod },
    },
    writer,
  );
  copyBindings(log);
  return { log, accessLog: new AccessLog(log, lines, settings.projectId) };
}

/** Those of this process. */
export const { log, accessLog } = createLogs(process.env);
