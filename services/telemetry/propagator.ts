import {
  createContextKey,
  ROOT_CONTEXT,
  trace,
  TraceFlags,
  type Context,
  type SpanContext,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api';
import { core } from '@opentelemetry/sdk-node';
import { Arrival, setArrival } from './arrival';
import { parseCloudTraceContext } from './cloud-trace-context';
import { Deadline, parseDeadlineMs, setDeadline } from './deadline';
import { CLOUD_TRACE_CONTEXT, TRACED_DEADLINE_MS, TRACED_PARENT, TRACEPARENT } from './headers';

const SERVICE_CALL = createContextKey('traced service call');

/** The context of a call to a service of this system, to which the caller's own context travels as well. */
export function markServiceCall(parent: Context): Context {
  return parent.setValue(SERVICE_CALL, true);
}

/**
 * Trace context over HTTP, behind Cloud Run's proxy. `traceparent` comes first, the legacy header only without a valid
 * one. The proxy keeps the trace id but replaces the parent and the sampled flag by its own, so:
 *
 * - An authenticated caller's `traced-parent` of the same trace is the parent, and its sampled flag is the decision.
 * - Otherwise the proxy's span is the parent if its own flag says that it is stored; if not, the request's first span is
 *   a root of the trace that arrived. The sampling decision is taken here in both cases.
 *
 * At a public edge `traced-parent` and the deadline are ignored. Baggage is neither read nor sent anywhere.
 */
export class TracedPropagator implements TextMapPropagator {
  readonly #trustCaller: boolean;
  readonly #w3c = new core.W3CTraceContextPropagator();

  /** @param trustCaller whether Cloud Run has authenticated every caller of this service. */
  constructor(trustCaller: boolean) {
    this.#trustCaller = trustCaller;
  }

  extract(parent: Context, carrier: unknown, getter: TextMapGetter): Context {
    const deadlineMs = this.#trustCaller
      ? parseDeadlineMs(first(carrier, getter, TRACED_DEADLINE_MS))
      : undefined;
    const result =
      deadlineMs === undefined ? parent : setDeadline(parent, new Deadline('The request', deadlineMs));

    const arrived =
      this.#parse(carrier, getter) ?? parseCloudTraceContext(first(carrier, getter, CLOUD_TRACE_CONTEXT));
    if (arrived === undefined) return result;
    const { traceId, traceState } = arrived;

    const caller = this.#trustCaller ? this.#parseCaller(carrier, getter) : undefined;
    if (caller?.traceId === traceId) {
      const spanContext = traceState === undefined ? caller : { ...caller, traceState };
      return setArrival(trace.setSpanContext(result, spanContext), new Arrival(arrived, true));
    }
    const stored = (arrived.traceFlags & TraceFlags.SAMPLED) !== 0;
    const withParent = stored ? trace.setSpanContext(result, arrived) : result;
    return setArrival(withParent, new Arrival(arrived, false));
  }

  inject(from: Context, carrier: unknown, setter: TextMapSetter): void {
    this.#w3c.inject(from, carrier, setter);
    if (from.getValue(SERVICE_CALL) !== true) return;
    this.#w3c.inject(from, carrier, {
      set: (target, key, value) => {
        if (key === TRACEPARENT) setter.set(target, TRACED_PARENT, value);
      },
    });
  }

  fields(): string[] {
    return [...this.#w3c.fields(), TRACED_PARENT];
  }

  #parse(carrier: unknown, getter: TextMapGetter): SpanContext | undefined {
    const arrived = trace.getSpanContext(this.#w3c.extract(ROOT_CONTEXT, carrier, getter));
    // Unknown flag bits must not be passed on, and the W3C propagator would write them as three digits.
    return arrived && { ...arrived, traceFlags: arrived.traceFlags & TraceFlags.SAMPLED };
  }

  #parseCaller(carrier: unknown, getter: TextMapGetter): SpanContext | undefined {
    return this.#parse(carrier, {
      keys: () => [TRACEPARENT],
      get: (from, key) => (key === TRACEPARENT ? getter.get(from, TRACED_PARENT) : undefined),
    });
  }
}

function first(carrier: unknown, getter: TextMapGetter, name: string): string {
  const value = getter.get(carrier, name);
  return (Array.isArray(value) ? value[0] : value) ?? '';
}
