import type { Context, TraceState } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import { trace, TraceFlags } from './api';
import { getArrival } from './arrival';
import { explicitRandomness, thresholdOf, withThreshold } from './ot-trace-state';
import { RANDOM_DIGITS, samplingThreshold } from './sampling-threshold';

/**
 * Keeps a share of all traces, decided once: a span with a local parent, or with a remote one whose caller may be
 * believed, follows its parent; any other is kept when the randomness of its trace reaches the threshold of the ratio
 * (consistent probability sampling of the OpenTelemetry specification), so that whoever decides for a trace decides alike.
 *
 * `tracestate` says at which threshold a trace was kept, and never says so of another trace.
 */
export class RatioSampler implements tracing.Sampler {
  readonly #ratio: number;
  /** Hexadecimal digits; undefined when no trace is kept. */
  readonly #threshold: string | undefined;
  readonly #thresholdState: TraceState | undefined;
  readonly #otherwise: tracing.SamplingDecision;

  /**
   * @param ratio share of the traces to keep, 0 to 1.
   * @param otherwise what becomes of a span that is not kept: `RECORD` where it may yet turn out worth keeping.
   */
  constructor(
    ratio: number,
    otherwise: tracing.SamplingDecision.RECORD | tracing.SamplingDecision.NOT_RECORD,
  ) {
    this.#ratio = ratio;
    this.#threshold = samplingThreshold(ratio);
    this.#thresholdState = withThreshold(undefined, this.#threshold);
    this.#otherwise = otherwise;
  }

  shouldSample(parentContext: Context, traceId: string): tracing.SamplingResult {
    const parent = trace.getSpanContext(parentContext);
    if (parent !== undefined && parent.isRemote !== true) return this.#result(isSampled(parent));

    const arrival = getArrival(parentContext);
    const arrived = parent?.traceState ?? arrival?.traceState;
    const believed = parent !== undefined && arrival?.believed === true;
    const keep = believed
      ? isSampled(parent)
      : this.#keeps(explicitRandomness(arrived) ?? traceId.slice(-RANDOM_DIGITS));
    if (arrived === undefined)
      return this.#result(keep, keep && !believed ? this.#thresholdState : undefined);
    const threshold = believed ? thresholdOf(arrived) : this.#threshold;
    return this.#result(keep, withThreshold(arrived, keep ? threshold : undefined));
  }

  toString(): string {
    return `RatioSampler{${this.#ratio}}`;
  }

  #keeps(randomness: string): boolean {
    // Lower-case hexadecimal fractions compare as the numbers they stand for.
    return this.#threshold !== undefined && randomness >= this.#threshold;
  }

  /** Without a trace state of its own, a span takes over its parent's. */
  #result(keep: boolean, traceState?: TraceState): tracing.SamplingResult {
    const decision = keep ? tracing.SamplingDecision.RECORD_AND_SAMPLED : this.#otherwise;
    return traceState === undefined ? { decision } : { decision, traceState };
  }
}

function isSampled({ traceFlags }: { traceFlags: number }): boolean {
  return (traceFlags & TraceFlags.SAMPLED) !== 0;
}
