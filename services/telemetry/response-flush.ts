import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { replaceMethod } from './replace-method';
import type { ServerExchange } from './server-exchange';
import { reportProblem } from './telemetry-problems';
import { within } from './within';

/**
 * Longest time for which a response waits for its spans, in milliseconds: several times what an export to a healthy
 * collector takes, and little beside a cold start, which is what CPU only during requests is traded for.
 */
const BOUND_MS = 500;

/**
 * Sends what is queued before the last response of the instance is complete, because Cloud Run takes the CPU away then
 * (https://cloud.google.com/run/docs/configuring/billing-settings): a timer would wait for the next request. Another
 * request that is still worked on keeps the CPU, so nothing waits then.
 *
 * The response is what it would be without: the application ends it as ever, and its last bytes stay in the socket until the spans are sent, or for the bound.
 */
export class ResponseFlush {
  readonly #flush: () => Promise<void>;
  /** Requests whose response the application has not ended; one that waits for its spans keeps the CPU only so long. */
  #working = 0;

  constructor(flush: () => Promise<void>) {
    this.#flush = flush;
  }

  /** Makes the flush precede the end of a response, whose exchange then ends with the application's own `end`. */
  precede(response: ServerResponse, exchange: ServerExchange): void {
    let working = true;
    this.#working += 1;
    const done = (): void => {
      if (working) this.#working -= 1;
      working = false;
    };
    response.once('close', done);
    replaceMethod(response, 'end', (end) => (self, args) => {
      const { socket } = response;
      // Only the first call ends a response.
      if (response.writableEnded) return end(self, args);
      done();
      // Without a socket it waits for one before it on the same connection.
      if (socket === null || this.#working > 0) return end(self, args);
      const release = hold(socket);
      try {
        return end(self, args);
      } finally {
        if (response.writableEnded) exchange.end(true);
        void this.#sendQueued().finally(release);
      }
    });
  }

  async #sendQueued(): Promise<void> {
    try {
      await within(
        BOUND_MS,
        this.#flush(),
        `the spans were not sent within ${BOUND_MS} ms; the response did not wait`,
      );
    } catch (error) {
      reportProblem(error);
    }
  }
}

/**
 * Keeps what is written to a socket in it. Node.js uncorks the socket of a response that ends, so that is put off as well.
 *
 * @returns a function that lets it go.
 */
function hold(socket: Socket): () => void {
  socket.cork();
  const restore = replaceMethod(socket, 'uncork', () => () => {});
  return () => {
    restore();
    for (let corked = socket.writableCorked; corked > 0; corked -= 1) socket.uncork();
  };
}
