import { type Interference, interferenceAttributes } from '../faults/interference';
import type { Span } from '../trace/span';
import type { TraceContext } from '../trace/trace-context';

/** One request as Cloud Storage saw it. */
export interface StorageExchange extends Interference {
  readonly context: TraceContext;
  /** The JSON API's name of what was asked for, such as `storage.objects.insert`. */
  readonly operation: string;
  readonly method: string;
  readonly bucket: string | undefined;
  /** Where the bucket is, in the product's spelling. */
  readonly location: string | undefined;
  readonly startUnixMs: number;
  readonly durationMs: number;
  /** Undefined when there was no answer. */
  readonly status: number | undefined;
}

/** The span of a service that sends none: the local cloud sends it where it has done something to the request. */
export function storageSpan(exchange: StorageExchange): Span {
  const { bucket, context, location, status } = exchange;
  const startUnixNano = BigInt(Math.round(exchange.startUnixMs * 1e6));
  return {
    traceId: context.traceId,
    spanId: context.spanId,
    ...(context.caller?.spanId !== undefined && { parentSpanId: context.caller.spanId }),
    name: exchange.operation,
    service: 'Cloud Storage',
    kind: 'server',
    startUnixNano,
    endUnixNano: startUnixNano + BigInt(Math.round(exchange.durationMs * 1e6)),
    status: status === undefined || status >= 500 ? 'error' : 'unset',
    attributes: {
      'http.request.method': exchange.method,
      ...(status === undefined ? {} : { 'http.response.status_code': status }),
      ...(bucket === undefined ? {} : { 'gcp.storage.bucket': bucket }),
      ...(location === undefined ? {} : { 'gcp.storage.bucket.location': location }),
      ...interferenceAttributes(exchange),
    },
    events: [],
  };
}
