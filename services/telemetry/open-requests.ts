import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** The requests that a server has accepted and not yet answered. */
export class OpenRequests {
  readonly #responses = new Set<ServerResponse>();
  readonly #waiting: (() => void)[] = [];
  #closing = false;

  constructor(server: Server) {
    const remove = (response: ServerResponse): void => this.#remove(response);
    // One listener for all responses.
    const onClose = function (this: ServerResponse): void {
      remove(this);
    };
    // Before the application's listener, so that the header is there whenever the response is sent.
    server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
      this.#responses.add(response);
      if (this.#closing) response.setHeader('connection', 'close');
      response.on('close', onClose);
    });
  }

  get count(): number {
    return this.#responses.size;
  }

  /** From now on every response asks the client to close its connection; an idle one would keep the server open. */
  closeConnections(): void {
    this.#closing = true;
    for (const response of this.#responses) {
      if (!response.headersSent) response.setHeader('connection', 'close');
    }
  }

  /** Resolves when no request is open. */
  async finished(): Promise<void> {
    if (this.#responses.size > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #remove(response: ServerResponse): void {
    this.#responses.delete(response);
    if (this.#responses.size === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
