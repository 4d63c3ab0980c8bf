import type {
  Context,
  SpanContext,
  TextMapGetter,
  TextMapPropagator,
  TextMapSetter,
} from '@opentelemetry/api';
import { core } from '@opentelemetry/sdk-node';
import { createContextKey, isSpanContextValid, trace, TraceFlags } from './api';
import { Arrival, setArrival } from './arrival';
import { parseCloudTraceContext } from './cloud-trace-context';
import { Deadline, parseDeadlineMs, setDeadline } from './deadline';
import { CLOUD_TRACE_CONTEXT, TRACED_DEADLINE_MS, TRACED_PARENT, TRACEPARENT, TRACESTATE } from './headers';
import { OPENTELEMETRY } from './ot-trace-state';
import { parseTraceState } from './trace-state';
import { formatTraceparent, parseTraceparent, RANDOM_FLAG } from './w3c-trace-context';

const SERVICE_CALL = createContextKey('traced service call');

/** The context of a call to a service of this system, to which the caller's own context travels as well. */
export function markServiceCall(parent: Context): Context {
  return parent.setValue(SERVICE_CALL, true);
}

/** Whether a call goes to a service of this system; nobody else gets trace context. */
export function isServiceCall(from: Context): boolean {
  return from.getValue(SERVICE_CALL) === true;
}

/**
 * The trace that arrived without saying that its id is random. The SDK keeps no flag but `sampled`, so this is kept beside
 * the spans; a trace of any other id was started here, where ids are random.
 */
const NOT_RANDOM = createContextKey('traced id that may not be random');

/**
 * W3C Trace Context level 2 over HTTP, behind Cloud Run's proxy. `traceparent` comes first, the legacy header only without
 * a valid one. The proxy keeps the trace id but replaces the parent and the flags by its own, so:
 *
 * - An authenticated caller's `traced-parent` of the same trace is the parent, and its flags are believed.
 * - Otherwise the proxy's span is the parent if its own flag says that it is stored; if not, the request's first span is
 *   a root of the trace that arrived. The sampling decision is taken here in both cases.
 *
 * At a public edge `traced-parent` and the deadline are ignored. `tracestate` belongs to the trace: it goes on where the
 * trace id does, also at a public edge, and is dropped where a new trace begins. Only OpenTelemetry's own member, which
 * would let a stranger take part in the sampling decision, is dropped at a public edge. Baggage is neither read nor sent.
 */
export class TracedPropagator implements TextMapPropagator {
  readonly #trustCaller: boolean;

  /** @param trustCaller whether Cloud Run has authenticated every caller of this service. */
  constructor(trustCaller: boolean) {
    this.#trustCaller = trustCaller;
  }

  extract(parent: Context, carrier: unknown, getter: TextMapGetter): Context {
    const joined = (name: string): string => {
      const lines = getter.get(carrier, name) ?? '';
      return typeof lines === 'string' ? lines : lines.join();
    };
    const deadlineMs = this.#trustCaller ? parseDeadlineMs(joined(TRACED_DEADLINE_MS)) : undefined;
    const result =
      deadlineMs === undefined ? parent : setDeadline(parent, new Deadline('The request', deadlineMs));

    const arrived =
      this.#parse(joined(TRACEPARENT), joined(TRACESTATE)) ??
      parseCloudTraceContext(first(getter.get(carrier, CLOUD_TRACE_CONTEXT)));
    if (arrived === undefined) return result;
    const { traceId, traceState } = arrived;

    const sent = this.#trustCaller ? parseTraceparent(joined(TRACED_PARENT)) : undefined;
    const caller = sent?.traceId === traceId ? sent : undefined;
    const { spanId, traceFlags } = caller ?? arrived;
    const random = (traceFlags & RANDOM_FLAG) !== 0;
    const sampled = (traceFlags & TraceFlags.SAMPLED) !== 0;

    const request = setArrival(
      random ? result : result.setValue(NOT_RANDOM, traceId),
      new Arrival(arrived, caller !== undefined),
    );
    if (caller === undefined && !sampled) return request;
    const remote = {
      traceId,
      spanId,
      traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
      isRemote: true,
    };
    return trace.setSpanContext(request, traceState === undefined ? remote : { ...remote, traceState });
  }

  inject(from: Context, carrier: unknown, setter: TextMapSetter): void {
    const span = trace.getSpanContext(from);
    if (span === undefined || !isSpanContextValid(span) || core.isTracingSuppressed(from)) return;
    const random = from.getValue(NOT_RANDOM) === span.traceId ? 0 : RANDOM_FLAG;
    const traceparent = formatTraceparent({ ...span, traceFlags: span.traceFlags | random });
    setter.set(carrier, TRACEPARENT, traceparent);
    const tracestate = span.traceState?.serialize() ?? '';
    if (tracestate !== '') setter.set(carrier, TRACESTATE, tracestate);
    if (isServiceCall(from)) setter.set(carrier, TRACED_PARENT, traceparent);
  }

  fields(): string[] {
    return [TRACEPARENT, TRACESTATE, TRACED_PARENT];
  }

  #parse(traceparent: string, tracestate: string): SpanContext | undefined {
    const spanContext = traceparent === '' ? undefined : parseTraceparent(traceparent);
    if (spanContext === undefined) return undefined;
    const members = parseTraceState(tracestate);
    const traceState = this.#trustCaller ? members : members?.unset(OPENTELEMETRY);
    return traceState === undefined ? spanContext : { ...spanContext, traceState };
  }
}

function first(lines: string | string[] | undefined): string {
  return (typeof lines === 'string' ? lines : lines?.[0]) ?? '';
}
