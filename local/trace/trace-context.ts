import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Where the caller of a request stands in its trace, by the header that it sent. */
export interface CallerContext {
  /** Absent where the header names the trace alone. */
  readonly spanId?: string;
  /** Whether the caller records the trace, so that those it calls have to as well. */
  readonly sampled: boolean;
}

/** Where a request stands in its trace when it reaches the front end. */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits: the caller's, or a new one. */
  readonly traceId: string;
  /** Absent where no valid header arrived, and the trace begins here. */
  readonly caller?: CallerContext;
  /** The front end's own span: 16 lower-case hexadecimal digits. */
  readonly spanId: string;
}

/** W3C Trace Context, section 3.2. Versions after 00 may have more fields; ff is invalid. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** cloud.google.com/trace/docs/trace-context: `TRACE_ID/SPAN_ID;o=OPTIONS`; the span is decimal, 64 bits. */
const CLOUD_TRACE_CONTEXT = /^([0-9a-f]{32})(?:\/([0-9]{1,20}))?(?:;o=([0-9]{1,3}))?$/;

/** The context of a request: `traceparent` first, `X-Cloud-Trace-Context` where that is absent or invalid. */
export function receiveTraceContext(headers: IncomingHttpHeaders): TraceContext {
  const spanId = newId(8);
  const arrived =
    fromTraceparent(headers.traceparent) ?? fromCloudTraceContext(headers['x-cloud-trace-context']);
  return { traceId: newId(16), ...arrived, spanId };
}

/** The headers that the container gets: both formats, with the front end's span as the parent. */
export function traceHeaders({ traceId, spanId }: TraceContext, sampled: boolean): Record<string, string> {
  return {
    traceparent: `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`,
    'x-cloud-trace-context': `${traceId}/${BigInt(`0x${spanId}`)};o=${sampled ? '1' : '0'}`,
  };
}

/** The trace id that the front end puts into the header `X-Cloud-Trace-Context` of its answers. */
export function answeredTraceId(header: string | null): string | undefined {
  return fromCloudTraceContext(header)?.traceId;
}

/** The last bit of the flags, in both formats. */
const SAMPLED = 1;

type Arrived = Required<Pick<TraceContext, 'traceId' | 'caller'>>;

function fromTraceparent(header: unknown): Arrived | undefined {
  const match = typeof header === 'string' ? TRACEPARENT.exec(header.trim()) : null;
  if (!match) return undefined;
  const [, version, traceId, spanId, flags, rest] = match;
  if (version === '00' && rest !== undefined) return undefined;
  const sampled = (Number(`0x${flags}`) & SAMPLED) !== 0;
  return isId(traceId) && isId(spanId) ? { traceId, caller: { spanId, sampled } } : undefined;
}

function fromCloudTraceContext(header: unknown): Arrived | undefined {
  const match = typeof header === 'string' ? CLOUD_TRACE_CONTEXT.exec(header.trim()) : null;
  const [, traceId, decimal = '0', options] = match ?? [];
  if (!isId(traceId)) return undefined;
  const spanId = BigInt(decimal).toString(16).padStart(16, '0');
  const sampled = (Number(options ?? 0) & SAMPLED) !== 0;
  return { traceId, caller: { ...(spanId.length === 16 && isId(spanId) && { spanId }), sampled } };
}

/** An id of zeros only is invalid in both formats. */
function isId(id: string | undefined): id is string {
  return id !== undefined && /[1-9a-f]/.test(id);
}

function newId(bytes: number): string {
  const id = randomBytes(bytes).toString('hex');
  return isId(id) ? id : newId(bytes);
}
