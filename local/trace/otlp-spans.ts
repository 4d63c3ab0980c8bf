import { integerOf } from './cloud-trace-span';
import { parseSpanId, parseTraceId } from './ids';
import type { AnyValue, ExportRequest, KeyValue, OtlpSpan, ResourceSpans } from './otlp-codec';
import type { AttributeValue, Span, SpanKind } from './span';

const KINDS: Readonly<Record<string, SpanKind>> = {
  SPAN_KIND_SERVER: 'server',
  SPAN_KIND_CLIENT: 'client',
  SPAN_KIND_PRODUCER: 'producer',
  SPAN_KIND_CONSUMER: 'consumer',
};

const STATUSES: Readonly<Record<string, Span['status']>> = {
  STATUS_CODE_OK: 'ok',
  STATUS_CODE_ERROR: 'error',
};

/** Spans of a request as they are stored, and why others were refused, one sentence each. */
export function fromOtlp(request: ExportRequest): { spans: Span[]; refusals: string[] } {
  const spans: Span[] = [];
  const refusals: string[] = [];
  for (const group of request.resourceSpans ?? []) {
    const service = resourceAttribute(group, 'service.name') ?? 'unknown_service';
    for (const sent of (group.scopeSpans ?? []).flatMap((scope) => scope.spans ?? [])) {
      const span = spanOf(sent, service);
      if (typeof span === 'string') refusals.push(span);
      else spans.push(span);
    }
  }
  return { spans, refusals };
}

/** A resource attribute of type string. */
export function resourceAttribute(group: ResourceSpans, name: string): string | undefined {
  const found = group.resource?.attributes?.find((attribute) => attribute.key === name);
  return found?.value?.stringValue;
}

/** The span, or why it is refused. */
function spanOf(sent: OtlpSpan, service: string): Span | string {
  const traceId = parseTraceId(hex(sent.traceId));
  const spanId = parseSpanId(hex(sent.spanId));
  if (traceId === undefined || spanId === undefined) {
    return `span '${sent.name ?? ''}' has trace id '${hex(sent.traceId)}' and span id '${hex(sent.spanId)}'; needed are 16 and 8 bytes, not all zero`;
  }
  const parent = hex(sent.parentSpanId);
  const parentSpanId = parseSpanId(parent);
  if (parent !== '' && parentSpanId === undefined) {
    return `span '${sent.name ?? ''}' has parent span id '${parent}', which is not 8 bytes, not all zero`;
  }
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name: sent.name ?? '',
    service,
    kind: KINDS[sent.kind ?? ''] ?? 'internal',
    startUnixNano: BigInt(sent.startTimeUnixNano ?? 0),
    endUnixNano: BigInt(sent.endTimeUnixNano ?? 0),
    status: STATUSES[sent.status?.code ?? ''] ?? 'unset',
    ...(sent.status?.message && { statusMessage: sent.status.message }),
    attributes: attributesOf(sent.attributes),
    events: (sent.events ?? []).map((event) => ({
      name: event.name ?? '',
      unixNano: BigInt(event.timeUnixNano ?? 0),
      attributes: attributesOf(event.attributes),
    })),
  };
}

function attributesOf(pairs: readonly KeyValue[] = []): Record<string, AttributeValue> {
  const entries = pairs.flatMap(({ key = '', value = {} }) => {
    const plain = plainValue(value);
    return plain === undefined ? [] : [[key, plain] as const];
  });
  return Object.fromEntries(entries);
}

/** Maps become JSON, bytes base64 and NaN its name: none is a value that JSON can carry as it is. */
function plainValue(value: AnyValue): AttributeValue | undefined {
  if (value.arrayValue)
    return (value.arrayValue.values ?? []).map(plainValue).filter((item) => item !== undefined);
  if (value.kvlistValue) return JSON.stringify(attributesOf(value.kvlistValue.values));
  if (value.bytesValue) return Buffer.from(value.bytesValue).toString('base64');
  const { doubleValue } = value;
  if (doubleValue !== undefined) return Number.isFinite(doubleValue) ? doubleValue : String(doubleValue);
  return value.stringValue ?? value.boolValue ?? integerOf(value.intValue);
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex');
}
