import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import '../../helpers/global-dispatcher';
import { foreign, listenLocally } from './http';

/** Methods of the REST API of Gemini and of Vertex AI's, at their paths. */
const PATH =
  /^\/(?:v1beta|v1beta1\/projects\/[^/]+\/locations\/[^/]+\/publishers\/google)\/models\/[^/:]+:(?:generateContent|streamGenerateContent\?alt=sse|batchEmbedContents|predict)$/;

export interface GeminiRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answer = (response: ServerResponse) => void;

/** A server that speaks the REST API of Gemini and gives the answers it is told to, in order; the last one for ever. */
export class GeminiServer {
  readonly requests: GeminiRequest[] = [];
  readonly #answers: Answer[];
  readonly #server = foreign(createServer((request, response) => void this.#receive(request, response)));
  url = '';

  private constructor(answers: readonly Answer[]) {
    this.#answers = [...answers];
  }

  static async start(...answers: readonly Answer[]): Promise<GeminiServer> {
    const server = new GeminiServer(answers);
    server.url = await listenLocally(server.#server);
    return server;
  }

  /** Waits until a client has closed its connection. */
  async left(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.once('left', resolve));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url: path = '', headers } = request;
    this.requests.push({ path, headers, body: await text(request) });
    response.once('close', () => {
      if (!response.writableEnded) this.#server.emit('left');
    });
    const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
    if (PATH.test(path) && answer) answer(response);
    else failing(404, 'NOT_FOUND')(response);
  }
}

/** One JSON answer. */
export function answering(body: unknown): Answer {
  return (response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** An error as Google's APIs write it. */
export function failing(code: number, status: string, message = 'no'): Answer {
  return (response) =>
    response
      .writeHead(code, { 'content-type': 'application/json' })
      .end(JSON.stringify({ error: { code, message, status } }));
}

/** Server-sent events, one per chunk, and then the end. */
export function streaming(...chunks: readonly unknown[]): Answer {
  return (response) => {
    pausing(...chunks)(response);
    response.end();
  };
}

/** Server-sent events, and then nothing: the connection stays open. */
export function pausing(...chunks: readonly unknown[]): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const chunk of chunks) response.write(`data: ${JSON.stringify(chunk)}\r\n\r\n`);
  };
}

/** Server-sent events, and then the connection breaks. */
export function breaking(...chunks: readonly unknown[]): Answer {
  return (response) => {
    pausing(...chunks)(response);
    // After the chunks have arrived: a reset overtakes what is still on its way.
    setImmediate(() => response.socket?.end());
  };
}

export const neverAnswering: Answer = () => undefined;

/** An answer, or a chunk of one, that says `content`. */
export function saying(content: string, more: object = {}): object {
  const candidate = { index: 0, content: { role: 'model', parts: [{ text: content }] } };
  return {
    candidates: [{ ...candidate, ...more }],
    modelVersion: 'gemini-test-001',
    responseId: 'response-1',
  };
}
