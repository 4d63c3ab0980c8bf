/** The right-most 56 bits of a trace id are its randomness (W3C Trace Context level 2, random-trace-id flag). */
const RANDOM_BITS = 56;

/** Hexadecimal digits of a randomness and of a whole threshold. */
export const RANDOM_DIGITS = RANDOM_BITS / 4;

/** Digits of a threshold that count, besides those in front that say only how near it is to 0 or 1. */
const PRECISION = 4;

const WHOLE = 2 ** RANDOM_BITS;

/**
 * The threshold of a sampling ratio as OpenTelemetry's `tracestate` has it ("TraceState: Probability Sampling", converting
 * a probability with the default precision): a tenth is `e666`. A trace is kept when its randomness reaches it.
 *
 * @param ratio share of the traces to keep, 0 to 1.
 * @returns 1 to 14 hexadecimal digits without zeros at the end; undefined where the ratio is too small to keep any trace.
 */
export function samplingThreshold(ratio: number): string | undefined {
  const exact = Math.round((1 - ratio) * WHOLE);
  if (exact >= WHOLE) return undefined;
  const exactDigits = exact.toString(16).padStart(RANDOM_DIGITS, '0');
  const [leading = ''] = /^(?:f+|0+)?/.exec(exactDigits) ?? [];
  const unit = 16 ** Math.max(0, RANDOM_DIGITS - leading.length - PRECISION);
  const rounded = BigInt(Math.round(exact / unit)) * BigInt(unit);
  const digits = rounded.toString(16).padStart(RANDOM_DIGITS, '0');
  return digits.replace(/0{1,13}$/, '');
}
