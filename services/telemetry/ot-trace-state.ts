import type { TraceState } from '@opentelemetry/api';
import { RANDOM_DIGITS } from './sampling-threshold';
import { parseTraceState } from './trace-state';

/** OpenTelemetry's own member of `tracestate`: `ot=th:e666;rv:1234567890abcd` ("TraceState Handling"). */
export const OPENTELEMETRY = 'ot';

const MAX_LENGTH = 256;
const SUB_KEY = /^[a-z][a-z0-9]*:[A-Za-z0-9._-]*$/;
const THRESHOLD = /^th:[0-9a-f]{1,14}$/;
const RANDOMNESS = new RegExp(`^rv:[0-9a-f]{${RANDOM_DIGITS}}$`);

/** The explicit randomness of a trace, 14 hexadecimal digits, which counts in place of its id's; undefined without one. */
export function explicitRandomness(traceState: TraceState | undefined): string | undefined {
  return subKeys(traceState)
    .find((part) => RANDOMNESS.test(part))
    ?.slice('rv:'.length);
}

/** The threshold at which others have kept the trace, without zeros at its end; undefined where it is unknown. */
export function thresholdOf(traceState: TraceState | undefined): string | undefined {
  return subKeys(traceState)
    .find((part) => THRESHOLD.test(part))
    ?.slice('th:'.length)
    .replace(/(?<=.)0+$/, '');
}

/**
 * The trace state that says at which threshold the trace was kept, or, with undefined, that this is not known, as the
 * specification demands of a trace that was not kept by its randomness. Other sub-keys and members stay: where there is no
 * room for the threshold beside them, it is left out.
 *
 * @param threshold 1 to 14 hexadecimal digits.
 */
export function withThreshold(
  traceState: TraceState | undefined,
  threshold: string | undefined,
): TraceState | undefined {
  const others = subKeys(traceState).filter((part) => !part.startsWith('th:'));
  const parts = [...(threshold === undefined ? [] : [`th:${threshold}`]), ...others];
  const value = parts.join(';');
  if (traceState === undefined)
    return value === '' ? undefined : parseTraceState(`${OPENTELEMETRY}=${value}`);
  const before = traceState.get(OPENTELEMETRY);
  if (value === (before ?? '')) return traceState;
  if (value === '') return traceState.unset(OPENTELEMETRY);
  if (value.length > MAX_LENGTH) return withThreshold(traceState, undefined);
  const set = traceState.set(OPENTELEMETRY, value);
  return before === undefined && countMembers(set) === countMembers(traceState) ? traceState : set;
}

/** What is well-formed of the member; all of it, with `rv` only where that has its 14 digits. */
function subKeys(traceState: TraceState | undefined): readonly string[] {
  const value = traceState?.get(OPENTELEMETRY) ?? '';
  if (value === '' || value.length > MAX_LENGTH) return [];
  return value
    .split(';')
    .filter((part) => SUB_KEY.test(part) && (!part.startsWith('rv:') || RANDOMNESS.test(part)));
}

function countMembers(traceState: TraceState): number {
  return traceState.serialize().split(',').length;
}
