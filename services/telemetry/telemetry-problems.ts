import { causeChain, isError } from './failure';
import { log } from './log';

/** A broken collector must not fill the log: at most one line in this time. */
const INTERVAL_MS = 60_000;

let lastReport = Number.NEGATIVE_INFINITY;
let untold = 0;

/** Logs a failure of telemetry itself, at most once per minute; later ones are counted in the next line. */
export function reportProblem(problem: unknown): void {
  const now = performance.now();
  if (now - lastReport < INTERVAL_MS) {
    untold += 1;
    return;
  }
  const texts = isError(problem) ? causeChain(problem).map((link) => link.message) : [String(problem)];
  log.warn({ untoldProblems: untold }, `telemetry: ${texts.join(': ')}`);
  lastReport = now;
  untold = 0;
}
