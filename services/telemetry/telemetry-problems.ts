import { PermissionDeniedError } from './export-failure';
import { causeChain, isError } from './failure';
import { log } from './log';

/** A broken collector must not fill the log: at most one line in this time. */
const INTERVAL_MS = 60_000;

/** Google's exporter says these and fails its export with the same text; the export's result is what is reported. */
const SAID_TWICE = /^(?:batchWriteSpans error|failed to create client): /;

/** Errors that were reported: OpenTelemetry hands one on from the exporter to whoever flushes. */
const reported = new WeakSet<object>();

let lastReport = Number.NEGATIVE_INFINITY;
let untold = 0;

/**
 * Logs a failure of telemetry itself, at most once per minute; later ones are counted in the next line. `details` are
 * what OpenTelemetry's diagnostics say besides their text.
 */
export function reportProblem(problem: unknown, ...details: readonly unknown[]): void {
  if (problem instanceof PermissionDeniedError) return; // told once, where it happened
  if (typeof problem === 'string' && SAID_TWICE.test(problem)) return;
  if (isError(problem)) {
    if (reported.has(problem)) return;
    reported.add(problem);
  }
  const now = performance.now();
  if (now - lastReport < INTERVAL_MS) {
    untold += 1;
    return;
  }
  log.warn({ untoldProblems: untold }, `telemetry: ${[problem, ...details].map(textOf).join(': ')}`);
  lastReport = now;
  untold = 0;
}

function textOf(problem: unknown): string {
  return isError(problem)
    ? causeChain(problem)
        .map((link) => link.message)
        .join(': ')
    : String(problem);
}
