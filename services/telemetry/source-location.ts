/** A line of code, as far as its stack frame tells. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  /** Empty outside of functions and in those without a name. */
  readonly function: string;
}

/** `at name (file:line:column)` or `at file:line:column`; the file may be a URL and have colons itself. */
const FRAME = /^\s*at (?:(?:async |new )?(.*?) \()?(?:async )?(.+):(\d+):\d+\)?$/;

/**
 * Where a function was called from.
 *
 * @param callee the function, which must be running.
 * @param depth how many frames lie between it and the place that is asked for.
 * @returns undefined where the stack does not tell.
 */
export function callerOf(callee: (...args: never[]) => unknown, depth = 0): SourceLocation | undefined {
  const frame = framesBelow(callee, depth + 1)[depth];
  const [, name = '', file, line] = FRAME.exec(frame ?? '') ?? [];
  return file === undefined ? undefined : { file, line: Number(line), function: name };
}

function framesBelow(callee: (...args: never[]) => unknown, count: number): string[] {
  const holder: { stack?: unknown } = {};
  const { stackTraceLimit } = Error;
  // No more than is needed, because each frame costs.
  if (!Reflect.set(Error, 'stackTraceLimit', count)) return [];
  Error.captureStackTrace(holder, callee);
  Error.stackTraceLimit = stackTraceLimit;
  // The first line is the error's own. Whoever has set prepareStackTrace gives it another shape.
  return typeof holder.stack === 'string' ? holder.stack.split('\n').slice(1) : [];
}
