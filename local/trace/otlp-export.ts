import type { AttributeValue, Span, SpanKind } from './span';

/** Numbers of `SpanKind` and `Status.StatusCode` in otlp.proto: OTLP's JSON has no names of enum values. */
const KINDS: Readonly<Record<SpanKind, number>> = {
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
};
const STATUSES: Readonly<Record<Span['status'], number>> = { unset: 0, ok: 1, error: 2 };

/** The spans as an export request in OTLP's JSON, one group per service; any collector takes it (`POST /v1/traces`). */
export function toOtlpJson(spans: readonly Span[]): object {
  const byService = new Map<string, Span[]>();
  for (const span of spans) {
    const ofService = byService.get(span.service);
    if (ofService) ofService.push(span);
    else byService.set(span.service, [span]);
  }
  return {
    resourceSpans: [...byService].map(([service, ofService]) => ({
      resource: { attributes: pairsOf({ 'service.name': service }) },
      scopeSpans: [{ spans: ofService.map(spanOf) }],
    })),
  };
}

function spanOf(span: Span): object {
  const { traceId, spanId, parentSpanId, name, kind, status, statusMessage, attributes, events } = span;
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name,
    kind: KINDS[kind],
    startTimeUnixNano: span.startUnixNano.toString(),
    endTimeUnixNano: span.endUnixNano.toString(),
    attributes: pairsOf(attributes),
    events: events.map((event) => ({
      timeUnixNano: event.unixNano.toString(),
      name: event.name,
      attributes: pairsOf(event.attributes),
    })),
    status: { code: STATUSES[status], ...(statusMessage !== undefined && { message: statusMessage }) },
  };
}

function pairsOf(attributes: Readonly<Record<string, AttributeValue>>): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: AttributeValue): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value !== 'number') return { arrayValue: { values: value.map(anyValue) } };
  // 64-bit integers are text in protobuf's JSON.
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
