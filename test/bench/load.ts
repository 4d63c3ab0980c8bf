import { setMaxListeners } from 'node:events';
import { connect } from 'node:net';
import { quantile } from './statistics';

export interface Load {
  readonly port: number;
  readonly path: string;
  /** How many requests in all; the load ends after them. */
  readonly requests: number;
  /** Connections that are kept, each with one request at a time, as Cloud Run's front end sends them. */
  readonly connections: number;
}

export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Longest time for one load, in milliseconds: nothing here goes on for ever. */
const TIMEOUT_MS = 60_000;

const END_OF_HEAD = '\r\n\r\n';

/**
 * Sends requests to a server of this machine as fast as it answers, by sockets alone: the generator shares the machine with
 * the server, and a whole HTTP client would take more of it than the server does.
 *
 * @throws when an answer is not 200, and when it takes too long.
 */
export async function sendLoad({ port, path, requests, connections }: Load): Promise<LoadResult> {
  const latencies: number[] = [];
  const request = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`;
  const deadline = AbortSignal.timeout(TIMEOUT_MS);
  // One for each connection.
  setMaxListeners(0, deadline);
  let unsent = requests;

  const work = async (): Promise<void> => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, signal: deadline });
    socket.setEncoding('latin1');
    let sentAt = 0;
    let received = '';
    const next = (): void => {
      if (unsent === 0) return void socket.end();
      unsent -= 1;
      sentAt = performance.now();
      socket.write(request);
    };
    await new Promise<void>((resolve, reject) => {
      socket.on('connect', next);
      socket.on('data', (chunk: string) => {
        received += chunk;
        if (!isComplete(received)) return;
        latencies.push(performance.now() - sentAt);
        if (!received.startsWith('HTTP/1.1 200 ')) reject(new Error(`${path}: ${received}`));
        received = '';
        next();
      });
      socket.on('error', reject);
      socket.on('close', resolve);
    });
  };

  const startedAt = performance.now();
  await Promise.all(Array.from({ length: connections }, work));
  const seconds = (performance.now() - startedAt) / 1_000;
  const unanswered = requests - latencies.length;
  if (unanswered > 0) throw new Error(`${path}: ${unanswered} of ${requests} requests were not answered`);
  return {
    requestsPerSecond: requests / seconds,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}

function isComplete(received: string): boolean {
  const head = received.indexOf(END_OF_HEAD);
  if (head < 0) return false;
  const length = /\r\ncontent-length: ([0-9]+)\r\n/i.exec(received)?.[1];
  if (length === undefined) throw new Error(`an answer of unknown length: ${received}`);
  return received.length >= head + END_OF_HEAD.length + Number(length);
}
