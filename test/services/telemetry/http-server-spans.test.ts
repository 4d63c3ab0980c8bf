import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { trace } from '@opentelemetry/api';
import type { tracing } from '@opentelemetry/sdk-node';
import express from 'express';
import { accessLog } from '../../../services/telemetry/log';
import { listenLocally, send } from './http';
import { traceThisProcess, type TracedProcess } from './traced-process';

const activeTraceId = (): string => trace.getActiveSpan()?.spanContext().traceId ?? 'none';

let traced: TracedProcess;
let server: Server;

beforeEach(() => {
  traced = traceThisProcess();
});

afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await traced.stop();
});

function serve(listener: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  server = createServer(listener);
  return listenLocally(server);
}

async function spansOf(
  url: string,
  ...sending: Parameters<typeof send>[1][]
): Promise<tracing.ReadableSpan[]> {
  for (const options of sending) await send(url, options);
  return traced.spans();
}

describe('a server of node:http', () => {
  test('has a span for each request, named by its method, in which its listener runs', async () => {
    const url = await serve((_request, response) => response.end(activeTraceId()));
    const { body } = await send(`${url}/users/7?key=secret`);
    const [span, ...others] = await traced.spans();
    expect(others).toEqual([]);
    expect(span?.name).toBe('GET');
    expect(span?.spanContext().traceId).toBe(body);
    expect(span?.attributes).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'network.peer.address': '127.0.0.1',
      'network.protocol.version': '1.1',
      'server.address': '127.0.0.1',
      'url.path': '/users/7',
      'url.scheme': 'http',
      'user_agent.original': undefined,
    });
  });

  test('knows the request also where its body arrives', async () => {
    const url = await serve((request, response) => {
      const seen = new Set<string>();
      request.on('data', () => seen.add(activeTraceId()));
      request.on('end', () => response.end([...seen, activeTraceId()].join()));
    });
    const answers = await Promise.all(['a', 'b', 'c'].map((body) => send(url, { method: 'POST', body })));
    const traceIds = (await traced.spans()).map((span) => span.spanContext().traceId);
    expect(answers.map(({ body }) => body).toSorted()).toEqual(
      traceIds.map((id) => `${id},${id}`).toSorted(),
    );
  });

  test('has one access line for each request, with the size of the answer', async () => {
    const write = jest.spyOn(accessLog, 'write');
    const url = await serve((_request, response) => {
      response.setHeader('content-length', 2);
      response.end('ok');
    });
    await spansOf(`${url}/users/7?key=secret`, {});
    const lines = write.mock.calls.map(([line]) => line);
    write.mockRestore();
    expect(lines).toEqual([
      expect.objectContaining({ requestUrl: '/users/7', status: 200, responseSize: '2' }),
    ]);
  });

  test('traces no health probe, nor anything that is recorded in one', async () => {
    const url = await serve((_request, response) => {
      trace.getTracer('test').startSpan('in the probe').end();
      response.end(activeTraceId());
    });
    expect((await send(`${url}/health?probe=1`)).body).toBe('none');
    expect(await traced.spans()).toEqual([]);
  });

  test('answers as ever when telemetry itself fails', async () => {
    const url = await serve((_request, response) => response.end(activeTraceId()));
    jest.spyOn(performance, 'now').mockImplementationOnce(() => {
      throw new Error('broken');
    });
    const { status, body } = await send(url);
    jest.restoreAllMocks();
    expect({ status, body }).toEqual({ status: 200, body: 'none' });
  });

  test('is left alone after telemetry has stopped', async () => {
    const url = await serve((_request, response) => response.end(activeTraceId()));
    await traced.stop();
    expect((await send(url)).body).toBe('none');
  });
});

describe('an Express application', () => {
  const app = express();
  const users = express.Router();
  users.get('/:id', (_request, response) => void response.send(activeTraceId()));
  users.get('/:id/broken', () => {
    throw new Error('broken');
  });
  app.use('/users', users);
  app.post('/documents', express.json(), (request, response) => {
    response.send([request.body.size, activeTraceId()].join());
  });
  app.get(/^\/by-pattern/, (_request, response) => void response.send('ok'));
  app.use((_error: unknown, _request: unknown, response: express.Response, _next: unknown) => {
    response.status(500).send('broken');
  });

  test.each([
    ['its route', '/users/7', 'GET /users/:id', '/users/:id'],
    [
      'its route where an error has left the router',
      '/users/7/broken',
      'GET /users/:id/broken',
      '/users/:id/broken',
    ],
    ['its method where the route is a pattern', '/by-pattern/7', 'GET', undefined],
    ['its method where there is no route', '/nothing', 'GET', undefined],
  ])('names a span after %s', async (_case, path, name, route) => {
    const url = await serve(app);
    const [span, ...others] = await spansOf(`${url}${path}`, {});
    expect(others).toEqual([]);
    expect(span?.name).toBe(name);
    expect(span?.attributes['http.route']).toBe(route);
  });

  test('runs its handlers in the span of the request, behind a body parser as well', async () => {
    const url = await serve(app);
    const { body } = await send(`${url}/documents`, {
      method: 'POST',
      body: '{"size":1}',
      headers: { 'content-type': 'application/json' },
    });
    const [span] = await traced.spans();
    expect(body).toBe(`1,${span?.spanContext().traceId}`);
  });

  test('has an error for its status where it answered 500', async () => {
    const url = await serve(app);
    const [span] = await spansOf(`${url}/users/7/broken`, {});
    expect(span?.attributes).toMatchObject({ 'error.type': '500', 'http.response.status_code': 500 });
  });
});

test('requests that are made with an import by name are traced as well', async () => {
  const url = await serve((_request, response) => response.end());
  await new Promise((resolve) => get(url, (response) => response.resume().on('end', resolve)));
  expect((await traced.spans()).map(({ kind }) => kind)).toHaveLength(2);
});
