import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { LogQuery, LogStore } from '../logging/log-store';
import { OTLP_TRACES_PATH, otlpHttpHandler } from '../trace/otlp-http';
import type { TraceQuery, TraceStore } from '../trace/trace-store';
import { assessTrace } from '../trace/trace-tree';
import { UserError } from '../user-error';
import { stringify, type ErrorBody, type TraceReport } from './control-api';
import { refusalOf } from '../network/request-guard';
import { FILES_PATH, sendFile, sendPage } from './page-files';
import type { ServiceGraph } from './service-graph';
import { streamTraces } from './trace-stream';

interface ControlServerOptions {
  /** Port on 127.0.0.1; 0 takes any free one. */
  readonly port: number;
  /** Random; `GET /status` gives it back with the pid, so that this run can be told from another. */
  readonly startId: string;
  /** What `GET /status` tells besides. */
  readonly status: () => object;
  readonly traces: TraceStore;
  readonly logs: LogStore;
  /** What `GET /graph` tells. */
  readonly graph: () => ServiceGraph;
  /** Called once `POST /shutdown` has been answered. */
  readonly shutdown: () => void;
}

/** What follows is a trace id. */
const TRACE_PATH = '/traces/';

/** The port is in use. */
export class PortTakenError extends UserError {
  override readonly name = 'PortTakenError';
}

/** A request that cannot be answered, with its HTTP status. */
class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * The door of the daemon for the command line, the page and OpenTelemetry exporters, on 127.0.0.1:
 * `GET /status`, `GET /traces?errors=true&limit=N`, `GET /traces/ID` (or its first digits), `GET /traces/stream`,
 * `GET /logs?trace=ID&service=NAME&limit=N`, `GET /graph`, `POST /shutdown`, `POST /v1/traces`, whose answers are JSON,
 * and the page at `GET /`.
 */
export class ControlServer {
  readonly url: string;
  readonly #server: Server;

  /** Throws PortTakenError when another program listens on the port. */
  static async start(options: ControlServerOptions): Promise<ControlServer> {
    const routes = routesOf(options);
    const server = createServer((request, response) => void answer(routes, request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error;
      throw new PortTakenError(
        `port ${options.port} on 127.0.0.1 is taken by another program; choose another one with --port`,
        { cause: error },
      );
    });
    return new ControlServer(server);
  }

  private constructor(server: Server) {
    this.#server = server;
    const address = server.address();
    if (address === null || typeof address === 'string')
      throw new Error('the control server does not listen on a port');
    this.url = `http://127.0.0.1:${address.port}`;
  }

  /** Ends open connections and frees the port. */
  async dispose(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}

interface Route {
  readonly method: 'GET' | 'POST';
  /** What is returned is sent as JSON; undefined means that the handler has answered itself. */
  readonly handle: (
    request: IncomingMessage,
    response: ServerResponse,
    parameters: URLSearchParams,
  ) => unknown;
}

function routesOf(options: ControlServerOptions): ReadonlyMap<string, Route> {
  const { traces, logs } = options;
  return new Map<string, Route>([
    [
      '/status',
      { method: 'GET', handle: () => ({ ...options.status(), pid: process.pid, startId: options.startId }) },
    ],
    [
      '/traces',
      { method: 'GET', handle: (_request, _response, parameters) => traces.list(traceQuery(parameters)) },
    ],
    [
      '/traces/stream',
      {
        method: 'GET',
        handle: (_request, response, parameters) => streamTraces(traces, traceQuery(parameters), response),
      },
    ],
    [
      TRACE_PATH,
      {
        method: 'GET',
        handle: (request) => reportOf(pathOf(request).slice(TRACE_PATH.length), traces, logs),
      },
    ],
    [
      '/logs',
      { method: 'GET', handle: (_request, _response, parameters) => logs.list(logQuery(parameters)) },
    ],
    [
      '/shutdown',
      {
        method: 'POST',
        handle: (_request, response) => {
          response.setHeader('connection', 'close').once('finish', options.shutdown);
          return { stopping: true };
        },
      },
    ],
    ['/graph', { method: 'GET', handle: options.graph }],
    ['/', { method: 'GET', handle: (_request, response) => sendPage(response) }],
    [
      FILES_PATH,
      {
        method: 'GET',
        handle: async (request, response) => {
          const path = pathOf(request);
          if (!(await sendFile(response, path.slice(FILES_PATH.length)))) throw notFound(path);
        },
      },
    ],
    [OTLP_TRACES_PATH, { method: 'POST', handle: otlpHttpHandler({ traces }) }],
  ]);
}

async function answer(
  routes: ReadonlyMap<string, Route>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const refusal = refusalOf(request);
    if (refusal !== undefined) throw new HttpError(403, refusal);
    const path = pathOf(request);
    const below = [TRACE_PATH, FILES_PATH].find((prefix) => path.startsWith(prefix));
    const route = routes.get(path) ?? routes.get(below ?? path);
    if (!route) throw notFound(path);
    if (request.method !== route.method) {
      response.setHeader('allow', route.method);
      throw new HttpError(405, `${path} takes ${route.method}`);
    }
    const parameters = new URL(request.url ?? '', 'http://127.0.0.1').searchParams;
    const body = await route.handle(request, response, parameters);
    if (body !== undefined) send(response, 200, body);
  } catch (error) {
    const status = error instanceof HttpError ? error.status : 500;
    const body: ErrorBody = { error: { message: error instanceof Error ? error.message : String(error) } };
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (!request.complete) response.setHeader('connection', 'close');
    send(response, status, body);
  }
}

function notFound(path: string): HttpError {
  return new HttpError(404, `there is no ${path} here`);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(stringify(body));
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?')[0] ?? '';
}

/** The trace whose id begins with `digits`. */
function reportOf(digits: string, traces: TraceStore, logs: LogStore): TraceReport {
  const exact =
    traces.trace(digits) ?? (logs.list({ traceId: digits, limit: 1 }).length > 0 ? { spans: [] } : undefined);
  const ids = exact ? [digits] : traces.idsStartingWith(digits);
  const [traceId] = ids;
  if (traceId === undefined || digits === '') throw new HttpError(404, `there is no trace '${digits}'`);
  if (ids.length > 1)
    throw new HttpError(409, `${ids.length} traces begin with '${digits}'; give more digits`);
  const { spans } = exact ?? traces.trace(traceId) ?? { spans: [] };
  const entries = logs.list({ traceId });
  return { traceId, spans, logs: entries, assessment: assessTrace(spans, entries) };
}

function traceQuery(parameters: URLSearchParams): TraceQuery {
  const errors = parameters.get('errors') ?? 'false';
  if (errors !== 'true' && errors !== 'false')
    throw new HttpError(400, `errors is '${errors}', allowed is true | false`);
  return { ...limitOf(parameters), errorsOnly: errors === 'true' };
}

function logQuery(parameters: URLSearchParams): LogQuery {
  const traceId = parameters.get('trace');
  const service = parameters.get('service');
  return {
    ...limitOf(parameters),
    ...(traceId !== null && { traceId }),
    ...(service !== null && { service }),
  };
}

function limitOf(parameters: URLSearchParams): { limit?: number } {
  const text = parameters.get('limit');
  if (text === null) return {};
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new HttpError(400, `limit is '${text}', allowed is a whole number from 1`);
  return { limit: Number(text) };
}
