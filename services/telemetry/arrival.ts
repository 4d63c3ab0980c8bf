import type { Context, SpanContext, TraceState } from '@opentelemetry/api';
import type { tracing } from '@opentelemetry/sdk-node';
import { createContextKey } from './api';
import { randomHex } from './random-hex';

/** What came in with a request, besides the parent span that the context may hold. */
export class Arrival {
  /** Kept for the request's first span even where no parent is. */
  readonly traceId: string;
  readonly traceState: TraceState | undefined;
  /** Whether the parent's sampled flag is the decision of a caller that may be believed. */
  readonly believed: boolean;

  constructor({ traceId, traceState }: SpanContext, believed: boolean) {
    this.traceId = traceId;
    this.traceState = traceState;
    this.believed = believed;
  }
}

const KEY = createContextKey('traced arrival');

/** The context in which the first span of a request is started. */
export function setArrival(parent: Context, arrival: Arrival): Context {
  return parent.setValue(KEY, arrival);
}

export function getArrival(parent: Context): Arrival | undefined {
  const arrival = parent.getValue(KEY);
  return arrival instanceof Arrival ? arrival : undefined;
}

/** The context for everything after the first span. */
export function clearArrival(parent: Context): Context {
  return parent.getValue(KEY) === undefined ? parent : parent.deleteValue(KEY);
}

/** The arrival of the span that is being started; the id generator is not told its context. */
let starting: Arrival | undefined;

/** Starts the first span of a request by `start`, within the context that arrived. */
export function startWithin<T>(arrived: Context, start: () => T): T {
  starting = getArrival(arrived);
  try {
    return start();
  } finally {
    starting = undefined;
  }
}

/**
 * Random ids, except that a root span started within an arrival stays in the trace that arrived. A parent that
 * was never stored would leave the trace dangling; a new trace id would cut it off from the front end's own spans.
 */
export class ArrivedIdGenerator implements tracing.IdGenerator {
  generateTraceId = (): string => starting?.traceId ?? `${randomHex()}${randomHex()}`;
  generateSpanId = randomHex;
}
