import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { LogQuery } from '../logging/log-store';
import { OTLP_TRACES_PATH, otlpHttpHandler } from '../trace/otlp-http';
import type { AlertEvaluator } from '../monitoring/alert-evaluator';
import { stringify } from '../trace/span-json';
import { UserError } from '../user-error';
import { refusalOf } from '../network/request-guard';
import type { ErrorBody } from './control-api';
import { HttpError } from './http-error';
import { FILES_PATH, sendFile, sendPage } from './page-files';
import { limitOf } from './query-parameters';
import type { ServiceGraph } from './service-graph';
import { answerTrace, clearTraces, listingOf, type TraceRoutesOptions } from './trace-routes';
import { streamTraces } from './trace-stream';

interface ControlServerOptions extends TraceRoutesOptions {
  /** Port on 127.0.0.1; 0 takes any free one. */
  readonly port: number;
  /** Random; `GET /status` gives it back with the pid, so that this run can be told from another. */
  readonly startId: string;
  /** What `GET /status` tells besides. */
  readonly status: () => object;
  /** Undefined until the policies are evaluated. */
  readonly alerts: () => Pick<AlertEvaluator, 'alerts' | 'policies'> | undefined;
  /** What `GET /graph` tells. */
  readonly graph: () => ServiceGraph;
  /** Called once `POST /shutdown` has been answered. */
  readonly shutdown: () => void;
}

/** What follows is a trace id, and what of the trace is asked for. */
const TRACE_PATH = '/traces/';

/** The port is in use. */
export class PortTakenError extends UserError {
  override readonly name = 'PortTakenError';
}

/**
 * The door of the daemon for the command line, the page and OpenTelemetry exporters, on 127.0.0.1:
 * `GET /status`, `GET /traces?errors=true&limit=N&service=NAME&route=ROUTE&status=5xx&minDurationMs=N&text=TEXT`,
 * `DELETE /traces`, `GET /traces/ID` (or its first digits), `GET /traces/ID/explanation`, `GET /traces/ID/otlp`,
 * `GET /traces/stream`, `GET /logs?trace=ID&service=NAME&limit=N`, `GET /graph`, `GET /alerts`, `GET /alerts/policies`,
 * `POST /shutdown`, `POST /v1/traces`, whose answers are JSON, and the page at `GET /`.
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
  /** Answers DELETE, where there is something to clear. */
  readonly clear?: () => unknown;
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
      {
        method: 'GET',
        handle: (_request, _response, parameters) => listingOf(parameters, options)(),
        clear: () => clearTraces(options),
      },
    ],
    [
      '/traces/stream',
      {
        method: 'GET',
        handle: (_request, response, parameters) =>
          streamTraces(traces, listingOf(parameters, options), response),
      },
    ],
    [
      TRACE_PATH,
      {
        method: 'GET',
        handle: (request) => answerTrace(pathOf(request).slice(TRACE_PATH.length), options),
      },
    ],
    [
      '/logs',
      { method: 'GET', handle: (_request, _response, parameters) => logs.list(logQuery(parameters)) },
    ],
    ['/alerts', { method: 'GET', handle: () => options.alerts()?.alerts() ?? [] }],
    ['/alerts/policies', { method: 'GET', handle: () => options.alerts()?.policies() ?? [] }],
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
    const { clear, method } = route;
    const handle = request.method === method ? route.handle : request.method === 'DELETE' ? clear : undefined;
    if (!handle) {
      const allowed = clear ? `${method}, DELETE` : method;
      response.setHeader('allow', allowed);
      throw new HttpError(405, `${path} takes ${allowed}`);
    }
    const parameters = new URL(request.url ?? '', 'http://127.0.0.1').searchParams;
    const body = await handle(request, response, parameters);
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

function logQuery(parameters: URLSearchParams): LogQuery {
  const traceId = parameters.get('trace');
  const service = parameters.get('service');
  return {
    ...limitOf(parameters),
    ...(traceId !== null && { traceId }),
    ...(service !== null && { service }),
  };
}
