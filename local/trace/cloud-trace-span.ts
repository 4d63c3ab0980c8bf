import { parseSpanId, parseTraceId } from './ids';
import type { AttributeValue, Span, SpanEvent, SpanKind } from './span';
import { TraceRefusal } from './trace-access';

/** A span as @grpc/proto-loader decodes `cloud-trace.proto`: int64 as strings, enums by name, absent messages left out. */
export interface CloudTraceSpan {
  readonly name?: string;
  readonly spanId?: string;
  readonly parentSpanId?: string;
  readonly displayName?: { readonly value?: string };
  readonly startTime?: Timestamp;
  readonly endTime?: Timestamp;
  readonly attributes?: Attributes;
  readonly timeEvents?: { readonly timeEvent?: readonly TimeEvent[] };
  readonly status?: { readonly code?: number; readonly message?: string };
  readonly spanKind?: string;
}

interface Timestamp {
  readonly seconds?: string;
  readonly nanos?: number;
}

interface Attributes {
  readonly attributeMap?: Readonly<Record<string, CloudTraceValue>>;
}

interface CloudTraceValue {
  readonly stringValue?: { readonly value?: string };
  readonly intValue?: string;
  readonly boolValue?: boolean;
}

interface TimeEvent {
  readonly time?: Timestamp;
  readonly annotation?: {
    readonly description?: { readonly value?: string };
    readonly attributes?: Attributes;
  };
}

/** `projects/PROJECT/traces/TRACE/spans/SPAN` */
const SPAN_NAME = /^projects\/([^/]+)\/traces\/([^/]+)\/spans\/([^/]+)$/;

/** 9999-12-31T23:59:59Z, the last second of google.protobuf.Timestamp. */
const LAST_SECOND = 253_402_300_799n;

const KINDS: Readonly<Record<string, SpanKind>> = {
  SERVER: 'server',
  CLIENT: 'client',
  PRODUCER: 'producer',
  CONSUMER: 'consumer',
};

/** Labels of the sender's monitored resource and of the exporter itself; no attributes of the span. */
const RESOURCE_LABEL = /^g\.co\/(?:r\/|agent$)/;

/** Where the service's name is, best first: the resource attribute, then the labels Google's exporter derives from it. */
const SERVICE_LABELS = [
  'service.name',
  'g.co/r/cloud_run_revision/service_name',
  'g.co/r/generic_task/job',
  'g.co/r/k8s_container/container_name',
];

/** Cloud Trace's own labels (cloud.google.com/trace/docs/trace-labels); here they get OpenTelemetry's names back. */
const HTTP_LABELS: ReadonlyMap<string, string> = new Map([
  ['/http/method', 'http.request.method'],
  ['/http/url', 'url.full'],
  ['/http/host', 'server.address'],
  ['/http/client_protocol', 'url.scheme'],
  ['/http/status_code', 'http.response.status_code'],
  ['/http/user_agent', 'user_agent.original'],
  ['/http/request/size', 'http.request.size'],
  ['/http/response/size', 'http.response.size'],
  ['/http/route', 'http.route'],
]);

/** The project a span is written to, by its name. Throws INVALID_ARGUMENT where the name is malformed. */
export function projectOf(span: CloudTraceSpan): string {
  return partsOf(span).projectId;
}

/** The span as it is stored. Throws INVALID_ARGUMENT where ids, name or times are missing or malformed. */
export function fromCloudTrace(span: CloudTraceSpan): Span {
  const { traceId, spanId } = partsOf(span);
  const where = `span ${spanId} of trace ${traceId}`;
  const name = span.displayName?.value;
  if (!name) throw invalid(`${where} has no display_name.`);
  if (!span.startTime || !span.endTime) throw invalid(`${where} needs both start_time and end_time.`);
  const startUnixNano = nanosOf(span.startTime, where);
  const endUnixNano = nanosOf(span.endTime, where);
  const parentSpanId = span.parentSpanId ? parseSpanId(span.parentSpanId) : undefined;
  if (span.parentSpanId && parentSpanId === undefined) {
    throw invalid(`${where} has parent_span_id '${span.parentSpanId}', which is not 16 hexadecimal digits.`);
  }

  const labels = valuesOf(span.attributes);
  const service = SERVICE_LABELS.map((label) => labels[label]).find((value) => typeof value === 'string');
  const attributes = Object.entries(labels)
    .filter(([label]) => label !== 'service.name' && !RESOURCE_LABEL.test(label))
    .map(([label, value]) => [HTTP_LABELS.get(label) ?? label, value] as const);
  const code = span.status?.code;
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name,
    service: typeof service === 'string' ? service : 'unknown_service',
    kind: KINDS[span.spanKind ?? ''] ?? 'internal',
    startUnixNano,
    endUnixNano,
    status: span.status === undefined ? 'unset' : (code ?? 0) === 0 ? 'ok' : 'error',
    ...(span.status?.message && { statusMessage: span.status.message }),
    attributes: Object.fromEntries(attributes),
    events: (span.timeEvents?.timeEvent ?? []).flatMap((event) => eventOf(event, where)),
  };
}

function partsOf(span: CloudTraceSpan): { projectId: string; traceId: string; spanId: string } {
  const [, projectId, trace = '', id = ''] = SPAN_NAME.exec(span.name ?? '') ?? [];
  const traceId = parseTraceId(trace);
  const spanId = parseSpanId(id);
  if (projectId === undefined || traceId === undefined || spanId === undefined) {
    throw invalid(
      `Span name '${span.name ?? ''}' is not projects/PROJECT/traces/TRACE/spans/SPAN with 32 and 16 hexadecimal digits, not all zero.`,
    );
  }
  if (span.spanId?.toLowerCase() !== spanId) {
    throw invalid(`span_id '${span.spanId ?? ''}' does not agree with the span's name '${span.name ?? ''}'.`);
  }
  return { projectId, traceId, spanId };
}

/** Annotations; the API's message events say nothing that OpenTelemetry sends. */
function eventOf(event: TimeEvent, where: string): SpanEvent[] {
  if (!event.annotation) return [];
  return [
    {
      name: event.annotation.description?.value ?? '',
      unixNano: nanosOf(event.time ?? {}, where),
      attributes: valuesOf(event.annotation.attributes),
    },
  ];
}

function valuesOf(attributes: Attributes | undefined): Record<string, AttributeValue> {
  const values = Object.entries(attributes?.attributeMap ?? {}).flatMap(([key, value]) => {
    const plain = value.stringValue?.value ?? integerOf(value.intValue) ?? value.boolValue;
    return plain === undefined ? (value.stringValue ? [[key, ''] as const] : []) : [[key, plain] as const];
  });
  return Object.fromEntries(values);
}

/** A number, or the digits as they are where a number would not be exact. */
export function integerOf(digits: string | undefined): number | string | undefined {
  if (digits === undefined) return undefined;
  return Number.isSafeInteger(Number(digits)) ? Number(digits) : digits;
}

function nanosOf(time: Timestamp, where: string): bigint {
  const seconds = BigInt(time.seconds ?? 0);
  if (seconds < 0n || seconds > LAST_SECOND)
    throw invalid(`${where} has a time outside the years 1970 to 9999.`);
  return seconds * 1_000_000_000n + BigInt(time.nanos ?? 0);
}

function invalid(message: string): TraceRefusal {
  return new TraceRefusal('INVALID_ARGUMENT', message);
}
