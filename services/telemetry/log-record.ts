import { messageOf } from './error-text';
import { copyAsJson, copyText, type Json, stackTrace } from './json-safe';
import type { SourceLocation } from './source-location';

/**
 * Keys to which Cloud Logging gives a meaning of its own; in a logged object they get an underscore in front, so that
 * data cannot pose as a severity or a trace.
 * https://cloud.google.com/logging/docs/structured-logging#special-payload-fields
 */
const RESERVED =
  /^(?:severity|message|time|timestamp|timestampSeconds|timestampNanos|httpRequest|serviceContext|stack_trace|exception|context|@type|logging\.googleapis\.com\/.*)$/;

/** Has Error Reporting take a record that has no stack (Error Reporting, "Format errors in logs"). */
const REPORTED_TYPE = 'type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent';

/** https://cloud.google.com/logging/docs/structured-logging#special-payload-fields */
const SOURCE_LOCATION = 'logging.googleapis.com/sourceLocation';

export interface LogRecord {
  readonly fields: Readonly<Record<string, Json>>;
  readonly message: string | undefined;
  /** What goes into the places of the message, such as `%s`. */
  readonly values: readonly (Json | undefined)[];
  readonly error: Error | undefined;
}

/** What to write of the arguments of a log method: a message, or an object or an error before it, and its values. */
export function toRecord(args: readonly unknown[]): LogRecord {
  const hasObject = typeof args[0] === 'object' && args[0] !== null;
  const [message, ...values] = hasObject ? args.slice(1) : args;
  const { fields, error } = hasObject ? copyFields(args[0]) : { fields: {}, error: undefined };
  const text = message ?? (error ? messageOf(error) : fields['err']);
  return { fields, message: toText(text), values: values.map((value) => copyAsJson(value).json), error };
}

/** The members of any value as they may stand in a line, whatever they are called; a bare value is called `value`. */
export function copyFields(value: unknown): { fields: Record<string, Json>; error: Error | undefined } {
  const { json = {}, error } = copyAsJson(value);
  if (error !== undefined && error === value) return { fields: { err: json }, error };
  const members = typeof json === 'object' && json !== null && !Array.isArray(json) ? json : { value: json };
  const fields: Record<string, Json> = {};
  for (const [key, member] of Object.entries(members)) fields[RESERVED.test(key) ? `_${key}` : key] = member;
  return { fields, error };
}

/**
 * What makes Error Reporting take a record: the stack of its error, by which it groups, or else where it was logged. A
 * warning must have neither, or it would be reported as well.
 *
 * @param location where the record was logged.
 */
export function reportFields(
  { error, message }: LogRecord,
  serviceContext: object,
  location: SourceLocation | undefined,
): object {
  const source = location && { [SOURCE_LOCATION]: { ...location, line: String(location.line) } };
  if (error) return { stack_trace: stackTrace(error), serviceContext, ...source };
  if (message === undefined) return { ...source };
  const { file: filePath, line: lineNumber, function: functionName } = location ?? {};
  const context = location && { context: { reportLocation: { filePath, lineNumber, functionName } } };
  return { '@type': REPORTED_TYPE, serviceContext, ...context, ...source };
}

function toText(message: unknown): string | undefined {
  if (typeof message === 'string') return copyText(message);
  const { json } = copyAsJson(message);
  return json === undefined || typeof json === 'string' ? json : JSON.stringify(json);
}
