import { once } from 'node:events';
import { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { trace } from './api';
import { isError, toException } from './failure';
import { log } from './log';
import { OpenRequests } from './open-requests';
import { HEALTH_PATH } from './settings';
import type { Telemetry } from './start-telemetry';

/** A server and how it is started and stopped; every Fastify instance is one. */
export interface Application {
  readonly server: Server;
  listen(address: { readonly host: string; readonly port: number }): PromiseLike<unknown>;
  close(): PromiseLike<unknown>;
}

export interface ServeOptions {
  /** Flushed before the process ends. */
  readonly telemetry: Telemetry;
  /** TCP port. @default - `PORT`, as Cloud Run sets it, or 8080 */
  readonly port?: number;
  /** Address to listen on. @default - all interfaces, as Cloud Run needs it */
  readonly host?: string;
}

/**
 * How long an idle connection is kept, in milliseconds: longer than the 600 s after which Google's front ends close it,
 * so that they never send a request into a connection that is being closed.
 * https://cloud.google.com/load-balancing/docs/https#timeouts_and_retries
 */
const KEEP_ALIVE_TIMEOUT_MS = 620_000;

/** How long a whole request may take to arrive, in milliseconds; Node's default, which Fastify switches off. */
const REQUEST_TIMEOUT_MS = 300_000;

/**
 * Parts of the time from SIGTERM to the end, in milliseconds. Cloud Run kills after 10 s.
 * https://cloud.google.com/run/docs/container-contract#instance-shutdown
 */
const LAME_DUCK_MS = 300;
const DRAIN_TIMEOUT_MS = 4_000;
const CLOSE_TIMEOUT_MS = 1_000;
const EXIT_TIMEOUT_MS = 7_500;

/** A crashed process must not linger: longest wait for the last spans, in milliseconds. */
const CRASH_FLUSH_MS = 2_000;

/** What telemetry may take longer to say what it has lost, in milliseconds. */
const REPORT_MS = 100;

/** Adds `GET /health` to a Fastify instance, for probes; the path is never traced. */
export function registerHealth(app: FastifyInstance): void {
  app.get(HEALTH_PATH, () => ({ status: 'ok' }));
}

/**
 * Serves an application, or a bare server of `node:http`, for the life of the process, which this function owns from here
 * on: it listens on `host`; on SIGTERM or SIGINT it goes on serving for 0.3 s while telling callers to reconnect elsewhere,
 * finishes what it has accepted, sends the last spans and exits 0 (1 after an uncaught error), within 8 s whatever happens. A second signal exits 1 at
 * once. An uncaught error is logged, open requests are cut off, the spans so far are sent (2 s at most), and the process
 * exits 1.
 *
 * @returns the port, once connections are accepted.
 * @throws when the port is taken or `PORT` is not a port number.
 */
export async function serve(served: Application | Server, options: ServeOptions): Promise<number> {
  const { telemetry, port = portFrom(process.env['PORT']), host = '0.0.0.0' } = options;
  const app = served instanceof Server ? applicationOf(served) : served;
  const requests = new OpenRequests(app.server);
  app.server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
  app.server.requestTimeout = REQUEST_TIMEOUT_MS;

  let ending = false;
  const crash = (cause: unknown): void => {
    log.fatal({ err: cause }, 'uncaught error; the process ends');
    process.exitCode = 1;
    if (ending) return;
    ending = true;
    if (isError(cause)) trace.getActiveSpan()?.recordException(toException(cause));
    // Open requests fail with the process. Their spans end with their connections, and only a span that has ended is sent.
    app.server.closeAllConnections();
    const closed = Promise.race([requests.finished(), sleep(CLOSE_TIMEOUT_MS)]);
    void endWithin(CRASH_FLUSH_MS, closed, telemetry);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);

  const stop = (signal: NodeJS.Signals): void => {
    if (ending) process.exit(1);
    ending = true;
    log.info(`${signal}: finishing ${requests.count} open requests`);
    void endWithin(EXIT_TIMEOUT_MS, drain(app, requests), telemetry);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  await app.listen({ host, port });
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

function applicationOf(server: Server): Application {
  return {
    server,
    listen: async ({ host, port }) => {
      server.listen(port, host);
      await once(server, 'listening');
    },
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

/** Ends the process when its last work is done and its spans are sent, or after `limitMs` in all. */
async function endWithin(limitMs: number, lastWork: Promise<void>, telemetry: Telemetry): Promise<void> {
  const endsAt = performance.now() + limitMs;
  const stopped = lastWork.then(() => telemetry.shutdown(endsAt - performance.now()));
  try {
    await Promise.race([stopped, sleep(limitMs + REPORT_MS)]);
  } finally {
    process.exit();
  }
}

async function drain(app: Application, requests: OpenRequests): Promise<void> {
  requests.closeConnections();
  await sleep(LAME_DUCK_MS);
  const closed = Promise.resolve(app.close()).catch((error: unknown) =>
    log.error({ err: error }, 'closing failed'),
  );
  await Promise.race([requests.finished(), sleep(DRAIN_TIMEOUT_MS)]);
  if (requests.count > 0) log.warn(`giving up ${requests.count} open requests after ${DRAIN_TIMEOUT_MS} ms`);
  app.server.closeAllConnections();
  // What was given up ends with its connection, and only then has a span to send.
  await Promise.race([Promise.all([closed, requests.finished()]), sleep(CLOSE_TIMEOUT_MS)]);
}

function portFrom(text: string | undefined): number {
  const port = Number(text ?? 8080);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`PORT is '${text}'; it must be a whole number from 0 to 65535`);
}
