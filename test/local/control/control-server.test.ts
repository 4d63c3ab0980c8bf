import { EventEmitter, once } from 'node:events';
import { createServer, request } from 'node:http';
import { ControlClient, ControlRefusal, DaemonUnreachableError } from '../../../local/control/control-client';
import { ControlServer, PortTakenError } from '../../../local/control/control-server';
import { LogStore } from '../../../local/logging/log-store';
import { TraceStore } from '../../../local/trace/trace-store';
import { assessTrace } from '../../../local/trace/trace-tree';
import { LOGS, span, SPANS, TRACE_ID } from '../trace/pipeline-trace';
import { listen } from '../trace/sender';

interface Status {
  readonly services: readonly string[];
}

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const dispose of cleanUp.splice(0).toReversed()) await dispose();
});

async function start(options: { port?: number; onShutdown?: () => void } = {}): Promise<{
  traces: TraceStore;
  logs: LogStore;
  url: string;
  client: ControlClient<Status>;
}> {
  const traces = new TraceStore();
  const logs = new LogStore();
  const server = await ControlServer.start({
    port: options.port ?? 0,
    startId: 'start-1',
    status: () => ({ services: ['gateway'] }),
    traces,
    logs,
    graph: () => ({ nodes: [], edges: [] }),
    shutdown: options.onShutdown ?? (() => undefined),
  });
  cleanUp.push(() => server.dispose());
  return { traces, logs, url: server.url, client: new ControlClient<Status>(server.url) };
}

/** fetch() does not let the caller choose these headers. */
async function statusOf(
  url: string,
  method: string,
  headers: Record<string, string>,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.once('error', reject);
    sent.end();
  });
}

describe('the control server', () => {
  test('tells the status with the pid and the id of this run', async () => {
    const { client } = await start();
    await expect(client.status()).resolves.toEqual({
      services: ['gateway'],
      pid: process.pid,
      startId: 'start-1',
    });
  });

  test('gives traces and log entries to the client as they are stored', async () => {
    // GIVEN
    const { traces, logs, client } = await start();
    traces.add(SPANS);
    traces.add([span('a', undefined, 's', 'n', [0, 1], { traceId: 'ab'.repeat(16) })]);
    for (const entry of LOGS) logs.append(entry);
    // THEN
    await expect(client.traces()).resolves.toEqual(traces.list());
    await expect(client.traces({ errorsOnly: true, limit: 5 })).resolves.toEqual([traces.list()[1]]);
    const report = { traceId: TRACE_ID, spans: SPANS, logs: LOGS, assessment: assessTrace(SPANS, LOGS) };
    await expect(client.trace(TRACE_ID)).resolves.toEqual(report);
    await expect(client.trace(TRACE_ID.slice(0, 8))).resolves.toEqual(report);
    await expect(client.logs({ traceId: TRACE_ID, service: 'gateway', limit: 2 })).resolves.toEqual(
      LOGS.slice(1, 3),
    );
  });

  test('shows the log lines of a trace that has no span', async () => {
    const { logs, client } = await start();
    for (const entry of LOGS) logs.append(entry);
    await expect(client.trace(TRACE_ID)).resolves.toMatchObject({ spans: [], logs: LOGS });
  });

  test('refuses an unknown trace, an ambiguous beginning and a limit that is none', async () => {
    const { traces, client, url } = await start();
    for (const end of ['1', '2']) {
      traces.add([span('a', undefined, 's', 'n', [0, 1], { traceId: 'ab'.repeat(15) + `a${end}` })]);
    }
    await expect(client.trace('ff')).rejects.toThrow(new ControlRefusal(404, "there is no trace 'ff'"));
    await expect(client.trace('abab')).rejects.toThrow("2 traces begin with 'abab'; give more digits");
    await expect(client.traces({ limit: 0 })).rejects.toThrow(
      "limit is '0', allowed is a whole number from 1",
    );
    expect((await fetch(`${url}/traces?errors=yes`)).status).toBe(400);
    expect((await fetch(`${url}/traces/`)).status).toBe(404);
    expect((await fetch(`${url}/nowhere`)).status).toBe(404);
    expect((await fetch(`${url}/shutdown`)).status).toBe(405);
  });

  test('takes spans over OTLP/HTTP', async () => {
    const { traces, url } = await start();
    const spans = [{ traceId: TRACE_ID, spanId: 'eee19b7ec3c1b174', name: 'x' }];
    const response = await fetch(`${url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
    });
    expect(response.status).toBe(200);
    expect(traces.trace(TRACE_ID)?.spans).toHaveLength(1);
  });

  test('calls for the shutdown after the client has its answer', async () => {
    const shutdown = new EventEmitter();
    const asked = once(shutdown, 'asked');
    const { client } = await start({ onShutdown: () => shutdown.emit('asked') });
    await expect(client.shutdown()).resolves.toBeUndefined();
    await expect(asked).resolves.toEqual([]);
  });

  test.each([
    ['GET', '/status', { host: 'evil.example' }, 403],
    ['GET', '/status', { host: '127.0.0.1.evil.example:80' }, 403],
    ['GET', '/status', { host: 'localhost:80' }, 200],
    ['GET', '/status', { host: '[::1]:80' }, 200],
    ['POST', '/shutdown', { origin: 'https://evil.example' }, 403],
    ['POST', '/shutdown', { origin: 'null' }, 403],
    ['POST', '/v1/traces', { origin: 'http://127.0.0.1:1' }, 403],
    ['POST', '/shutdown', { host: 'localhost:8080', origin: 'http://localhost:8080' }, 200],
  ])('answers %s %s with %j by %d', async (method, path, headers, expected) => {
    const { url } = await start();
    await expect(statusOf(`${url}${path}`, method, headers)).resolves.toBe(expected);
  });

  test('says which port is taken and how to choose another', async () => {
    // GIVEN
    const other = createServer();
    const port = await listen(other);
    cleanUp.push(() => new Promise((resolve) => other.close(() => resolve())));
    // WHEN
    const starting = start({ port });
    // THEN
    await expect(starting).rejects.toThrow(PortTakenError);
    await expect(starting).rejects.toThrow(
      `port ${port} on 127.0.0.1 is taken by another program; choose another one with --port`,
    );
  });
});

test('the client says where no local cloud answers', async () => {
  const { url, client } = await start();
  for (const dispose of cleanUp.splice(0)) await dispose();
  const asking = client.status();
  await expect(asking).rejects.toThrow(DaemonUnreachableError);
  await expect(asking).rejects.toThrow(`no local cloud answers at ${url}; start one with: npm start`);
});
