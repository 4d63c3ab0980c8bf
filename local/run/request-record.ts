import type { IncomingMessage } from 'node:http';
import { type Interference, interferenceAttributes } from '../faults/interference';
import type { LogEntry } from '../logging/log-store';
import type { Span } from '../trace/span';
import type { ServiceId } from './service-spec';
import type { TraceContext } from '../trace/trace-context';

/** One request as the front end saw it. */
export interface RequestRecord extends Interference {
  readonly id: ServiceId;
  readonly revision: string;
  /** The service's own, without a trailing slash. */
  readonly uri: string;
  readonly request: IncomingMessage;
  readonly remoteIp: string;
  /** Email of the service account that the caller's ID token proves. */
  readonly account?: string;
  readonly context: TraceContext;
  readonly sampled: boolean;
  readonly startUnixMs: number;
  readonly durationMs: number;
  readonly status: number;
  /** Bytes of the bodies. */
  readonly requestSize: number;
  readonly responseSize: number;
  /** Why the front end answered instead of the container; empty when it did not. */
  readonly reason: string;
}

/** The entry in Cloud Run's request log (`LogEntry.httpRequest`: cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry). */
export function requestLogEntry(record: RequestRecord): LogEntry {
  const { account, context, id, request, status } = record;
  const { 'user-agent': userAgent, referer } = request.headers;
  return {
    timestamp: new Date(record.startUnixMs).toISOString(),
    severity: status >= 500 ? 'ERROR' : status >= 400 ? 'WARNING' : 'INFO',
    log: 'requests',
    service: id.name,
    revision: record.revision,
    location: id.location,
    traceId: context.traceId,
    spanId: context.spanId,
    traceSampled: record.sampled,
    message: record.reason,
    httpRequest: {
      requestMethod: request.method,
      requestUrl: `${record.uri}${request.url}`,
      status,
      latency: `${(record.durationMs / 1000).toFixed(6)}s`,
      ...(userAgent === undefined ? {} : { userAgent }),
      ...(referer === undefined ? {} : { referer }),
      remoteIp: record.remoteIp,
      // int64 in the API, hence text.
      requestSize: String(record.requestSize),
      responseSize: String(record.responseSize),
      protocol: `HTTP/${request.httpVersion}`,
    },
    caller: {
      ...(account !== undefined && { account }),
      ...(context.caller && { context: context.caller }),
    },
  };
}

/** Stands for the sender of Cloud Run's own spans; the container behind it sends spans of its own. */
const FRONT_END = 'Cloud Run';

/** The span that Cloud Run adds to a trace for a request it has sampled. */
export function requestSpan(record: RequestRecord): Span {
  const { context, id, request, status } = record;
  const startUnixNano = BigInt(Math.round(record.startUnixMs * 1e6));
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  return {
    traceId: context.traceId,
    spanId: context.spanId,
    ...(context.caller?.spanId !== undefined && { parentSpanId: context.caller.spanId }),
    name: `${id.name} ${path}`,
    service: FRONT_END,
    kind: 'server',
    startUnixNano,
    endUnixNano: startUnixNano + BigInt(Math.round(record.durationMs * 1e6)),
    status: status >= 500 ? 'error' : 'unset',
    attributes: {
      'http.request.method': request.method ?? '',
      'http.response.status_code': status,
      'url.path': path,
      'g.co/r/cloud_run_revision/service_name': id.name,
      'g.co/r/cloud_run_revision/revision_name': record.revision,
      'g.co/r/cloud_run_revision/location': id.location,
      ...interferenceAttributes(record),
    },
    events: [],
  };
}
