import { createServer, request, type Agent, type IncomingMessage, type Server } from 'node:http';

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

/** One request over `node:http`, which is not traced: the caller is somebody else. */
export function send(url: string, { body, ...options }: Sending = {}): Promise<Answer> {
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
  readonly server = createServer((incoming, response) => {
    this.requests.push(incoming);
    incoming.resume();
    response.writeHead(this.status, this.headers).end(this.body);
  });
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
