import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { type TraceContext, traceHeaders } from '../trace/trace-context';

/** RFC 9110, section 7.6.1, with `expect`, which the front end has answered, and what it replaces by `trailer`. */
const HOP_BY_HOP: readonly string[] = [
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** The client's headers without those of its connection, and with what Google's front end adds. */
export function headersToContainer(
  request: IncomingMessage,
  remoteIp: string,
  context: TraceContext,
  sampled: boolean,
): OutgoingHttpHeaders {
  const forwardedFor = [request.headers['x-forwarded-for'], remoteIp].flat().filter(Boolean).join(', ');
  return {
    ...endToEnd(request),
    // Says how the body is framed; without it a GET with a chunked body would lose its body.
    ...(request.headers['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' }),
    ...traceHeaders(context, sampled),
    'x-forwarded-for': forwardedFor,
    'x-forwarded-proto': 'http',
    forwarded: `for="${remoteIp}";proto=http`,
    via: '1.1 google',
  };
}

/** The container's headers without those of its connection. */
export function headersToClient(response: IncomingMessage): OutgoingHttpHeaders {
  return endToEnd(response);
}

function endToEnd(message: IncomingMessage): OutgoingHttpHeaders {
  const dropped = new Set([...HOP_BY_HOP, ...connectionOptions(message.headers)]);
  return Object.fromEntries(
    Object.entries(message.headersDistinct)
      .filter(([name]) => !dropped.has(name))
      .map(([name, values = []]) => [name, values.length === 1 ? values[0] : values]),
  );
}

/** Headers that `Connection` declares to be of this connection only. */
function connectionOptions({ connection }: IncomingHttpHeaders): string[] {
  return (connection ?? '').split(',').map((name) => name.trim().toLowerCase());
}
