import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AttributeValue, Span } from './span';
import { receiveTraceContext, type TraceContext } from './trace-context';

/** One request as a product saw it whose callers send trace context, and which sends no spans itself. */
export interface PeerExchange {
  readonly context: TraceContext;
  readonly startUnixMs: number;
  readonly durationMs: number;
  /** Undefined when there was no answer. */
  readonly status: number | undefined;
}

/** What the span of an exchange is about. */
export interface PeerOperation {
  /** Name of the product. */
  readonly service: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** Tells of a request when its connection is done with it; never of one whose caller sends no trace context. */
export function watchExchange(
  request: IncomingMessage,
  response: ServerResponse,
  onEnd: (exchange: PeerExchange) => void,
): void {
  const context = receiveTraceContext(request.headers);
  if (context.caller?.spanId === undefined) return;
  const startedAt = performance.now();
  response.on('close', () =>
    onEnd({
      context,
      startUnixMs: performance.timeOrigin + startedAt,
      durationMs: performance.now() - startedAt,
      status: response.headersSent ? response.statusCode : undefined,
    }),
  );
}

/** The span of an exchange, below that of its caller. */
export function peerSpan(exchange: PeerExchange, { service, name, attributes }: PeerOperation): Span {
  const { context, status } = exchange;
  const startUnixNano = BigInt(Math.round(exchange.startUnixMs * 1e6));
  return {
    traceId: context.traceId,
    spanId: context.spanId,
    ...(context.caller?.spanId !== undefined && { parentSpanId: context.caller.spanId }),
    name,
    service,
    kind: 'server',
    startUnixNano,
    endUnixNano: startUnixNano + BigInt(Math.round(exchange.durationMs * 1e6)),
    status: status === undefined || status >= 500 ? 'error' : 'unset',
    attributes: {
      ...(status === undefined ? {} : { 'http.response.status_code': status }),
      ...attributes,
    },
    events: [],
  };
}
