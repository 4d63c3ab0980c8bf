import { EventEmitter } from 'node:events';
import { createServer, request, type Agent, type IncomingMessage, type Server } from 'node:http';
import { context } from '@opentelemetry/api';
import { core } from '@opentelemetry/sdk-node';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Sending {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string;
  readonly agent?: Agent;
}

/** Does what somebody else does in the test's own process: its requests are not traced. */
export function asStranger<T>(work: () => T): T {
  return context.with(core.suppressTracing(context.active()), work);
}

/** One request that is not traced: the caller is somebody else. */
export function send(url: string, sending: Sending = {}): Promise<Answer> {
  return asStranger(() => sendTraced(url, sending));
}

/** One request over `node:http`. */
export function sendTraced(url: string, { body, ...options }: Sending = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode = 0, headers } = response;
        resolve({ status: statusCode, headers, body: Buffer.concat(chunks).toString() });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** A server of somebody else in the test's own process: what it serves is not traced. */
export function foreign(server: Server): Server {
  const emit: unknown = Reflect.get(EventEmitter.prototype, 'emit');
  return Object.assign(server, { emit });
}

/** Listens on a free port of this machine and tells the URL. */
export async function listenLocally(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return `http://127.0.0.1:${address.port}`;
}

/** A server that keeps the requests it got and answers by `status`. */
export class RecordingServer {
  readonly requests: IncomingMessage[] = [];
  readonly server = foreign(
    createServer((incoming, response) => {
      this.requests.push(incoming);
      incoming.resume();
      response.writeHead(this.status, this.headers).end(this.body);
    }),
  );
  status = 200;
  headers: Record<string, string> = {};
  body: string | Buffer = 'ok';

  get last(): IncomingMessage {
    const last = this.requests.at(-1);
    if (!last) throw new Error('no request has arrived');
    return last;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
