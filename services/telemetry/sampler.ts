import { trace, TraceFlags, type Context } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import { getArrival } from './arrival';

/** The right-most 56 bits of a trace id are its randomness (W3C Trace Context level 2). */
const RANDOM_BITS = 56;
const RANDOM_DIGITS = RANDOM_BITS / 4;

/**
 * Keeps a share of all traces, decided once: a span with a local parent, or with a remote one whose caller may be
 * believed, follows its parent; any other is kept when the randomness of its trace id reaches the threshold of the ratio
 * (consistent probability sampling of the OpenTelemetry specification), so that whoever decides for a trace decides alike.
 */
export class RatioSampler implements tracing.Sampler {
  readonly #ratio: number;
  /** 14 hexadecimal digits; undefined when no trace is kept. */
  readonly #threshold: string | undefined;

  /** @param ratio share of the traces to keep, 0 to 1. */
  constructor(ratio: number) {
    const threshold = Math.round((1 - ratio) * 2 ** RANDOM_BITS);
    this.#ratio = ratio;
    this.#threshold =
      threshold < 2 ** RANDOM_BITS ? threshold.toString(16).padStart(RANDOM_DIGITS, '0') : undefined;
  }

  shouldSample(parentContext: Context, traceId: string): tracing.SamplingResult {
    const parent = trace.getSpanContext(parentContext);
    const arrival = getArrival(parentContext);
    const obey = parent !== undefined && (parent.isRemote !== true || arrival?.believed === true);
    const keep = obey ? (parent.traceFlags & TraceFlags.SAMPLED) !== 0 : this.#keeps(traceId);
    const traceState = parent?.traceState ?? arrival?.traceState;
    return {
      decision: keep ? tracing.SamplingDecision.RECORD_AND_SAMPLED : tracing.SamplingDecision.NOT_RECORD,
      ...(traceState === undefined ? {} : { traceState }),
    };
  }

  toString(): string {
    return `RatioSampler{${this.#ratio}}`;
  }

  #keeps(traceId: string): boolean {
    // Lower-case hexadecimal digits of equal length compare as the numbers they stand for.
    return this.#threshold !== undefined && traceId.slice(-RANDOM_DIGITS) >= this.#threshold;
  }
}
