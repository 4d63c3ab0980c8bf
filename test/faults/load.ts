import { Agent } from 'node:http';
import { isError } from '../../services/telemetry/failure';
import { send } from '../services/telemetry/http';

/** What became of one request. */
export interface Outcome {
  readonly id: string;
  /** `answered` is 200 with the request's own id as its whole body; otherwise the status or the code of the error. */
  readonly result: string;
}

/**
 * Clients of the fixture's `/work/:id` that each keep a connection and send one request after another, as the pool of a
 * front end does. One that is told to close its connection opens another; one that is refused stops.
 */
export class Load {
  readonly outcomes: Outcome[] = [];
  readonly #url: string;
  readonly #clients: Promise<unknown>;
  #sent = 0;
  #stopped = false;
  #awaited = { count: Number.POSITIVE_INFINITY, reached: (): void => {} };

  /** @param first the id of the first request; the others count on from there. */
  constructor(url: string, connections: number, first = 0) {
    this.#url = url;
    this.#sent = first;
    this.#clients = Promise.all(Array.from({ length: connections }, () => this.#client()));
  }

  get answered(): string[] {
    return this.outcomes.filter(({ result }) => result === 'answered').map(({ id }) => id);
  }

  /** What was neither answered nor refused with its connection, because nobody listened any more. */
  get failed(): Outcome[] {
    return this.outcomes.filter(({ result }) => result !== 'answered' && result !== 'ECONNREFUSED');
  }

  /** Waits until `count` requests have come to an end. */
  async ended(count: number): Promise<void> {
    if (this.outcomes.length < count) {
      await new Promise<void>((reached) => (this.#awaited = { count, reached }));
    }
  }

  /** Lets every client finish its request. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#clients;
  }

  async #client(): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let result = ''; !this.#stopped && result !== 'ECONNREFUSED';) {
      const id = String(this.#sent++);
      result = await this.#request(id, agent);
      this.outcomes.push({ id, result });
      if (this.outcomes.length === this.#awaited.count) this.#awaited.reached();
    }
    agent.destroy();
  }

  async #request(id: string, agent: Agent): Promise<string> {
    try {
      const { status, body } = await send(`${this.#url}/work/${id}`, { agent });
      return status === 200 && body === id ? 'answered' : String(status);
    } catch (error) {
      return isError(error) && 'code' in error ? String(error.code) : String(error);
    }
  }
}

/** What is in `all` and not in `some`. */
export function without(all: readonly string[], some: readonly string[]): string[] {
  const known = new Set(some);
  return all.filter((item) => !known.has(item));
}
