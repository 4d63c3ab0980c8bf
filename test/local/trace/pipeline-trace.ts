import type { LogEntry } from '../../../local/logging/log-store';
import type { Span } from '../../../local/trace/span';

export const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const START = Date.parse('2026-03-01T09:30:00Z');

/** A span that starts and lasts so many milliseconds after the trace's start. */
export function span(
  spanId: string,
  parentSpanId: string | undefined,
  service: string,
  name: string,
  [offsetMs, durationMs]: readonly [number, number],
  more: Partial<Span> = {},
): Span {
  const startUnixNano = BigInt(START) * 1_000_000n + BigInt(Math.round(offsetMs * 1e6));
  return {
    traceId: TRACE_ID,
    spanId: spanId.padStart(16, '0'),
    ...(parentSpanId !== undefined && { parentSpanId: parentSpanId.padStart(16, '0') }),
    name,
    service,
    kind: 'internal',
    startUnixNano,
    endUnixNano: startUnixNano + BigInt(Math.round(durationMs * 1e6)),
    status: 'unset',
    attributes: {},
    events: [],
    ...more,
  };
}

export function log(
  service: string,
  spanId: string | undefined,
  offsetMs: number,
  message: string,
  more: Partial<LogEntry> = {},
): LogEntry {
  return {
    timestamp: new Date(START + offsetMs).toISOString(),
    severity: 'INFO',
    log: 'stdout',
    service,
    revision: `${service}-00001-abc`,
    location: 'europe-west1',
    traceId: TRACE_ID,
    ...(spanId !== undefined && { spanId: spanId.padStart(16, '0') }),
    message,
    ...more,
  };
}

/** A request through three services that runs into the gateway's deadline, with one span whose parent got lost. */
export const SPANS: readonly Span[] = [
  span('a1', 'f0', 'gateway', 'POST /process', [0, 1004.2], {
    kind: 'server',
    status: 'error',
    statusMessage: 'processor did not answer within 1000 ms',
    attributes: { 'http.request.method': 'POST', 'http.route': '/process', 'http.response.status_code': 504 },
  }),
  span('a2', 'a1', 'gateway', 'validate document', [0.4, 0.02]),
  span('a3', 'a1', 'gateway', 'POST processor', [2.1, 1000.3], {
    kind: 'client',
    status: 'error',
    attributes: { 'error.type': 'TimeoutError' },
  }),
  span('b1', 'a3', 'processor', 'POST /summaries', [9.8, 1102.6], { kind: 'server' }),
  span('b2', 'b1', 'processor', 'extract text', [10.4, 4.7]),
  span('b3', 'b1', 'processor', 'POST storage', [15.6, 1096.4], { kind: 'client' }),
  span('c1', 'b3', 'storage', 'POST /documents', [18.2, 1093.1], { kind: 'server' }),
  span('c2', 'c1', 'storage', 'storage.objects.insert documents-europe-west1', [21.9, 1085.4], {
    kind: 'client',
  }),
  span('c4', 'c3', 'storage', 'storage.objects.insert summaries', [22.4, 61.5], { kind: 'client' }),
];

export const LOGS: readonly LogEntry[] = [
  log('gateway', 'f0', 1005, '', {
    log: 'requests',
    severity: 'ERROR',
    httpRequest: {
      requestMethod: 'POST',
      requestUrl: 'http://127.0.0.1:4401/process',
      status: 504,
      latency: '1.005s',
    },
  }),
  log('gateway', 'a1', 1, 'document accepted: text/markdown, 12 kB'),
  log('gateway', 'a3', 1003, 'the caller waited 1000 ms for processor, which was not enough', {
    severity: 'ERROR',
  }),
  log('processor', 'b2', 15, 'text extracted'),
  log('storage', 'c1', 1110, 'document stored', { severity: 'NOTICE' }),
  log('processor', undefined, 1120, 'client closed the connection', { severity: 'DEFAULT', log: 'stderr' }),
];
