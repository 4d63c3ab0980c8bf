import { EventEmitter, once } from 'node:events';
import { createServer, request } from 'node:http';
import { ControlClient, ControlRefusal, DaemonUnreachableError } from '../../../local/control/control-client';
import { ControlServer, PortTakenError } from '../../../local/control/control-server';
import { traceReport } from '../../../local/control/trace-report';
import { LogStore } from '../../../local/logging/log-store';
import { TraceStore } from '../../../local/trace/trace-store';
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
    clearTraces: () => traces.clear(),
    alerts: () => undefined,
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
    const report = traceReport(TRACE_ID, SPANS, LOGS);
    expect(report.criticalPath).toHaveLength(11);
    await expect(client.trace(TRACE_ID)).resolves.toEqual(report);
    await expect(client.trace(TRACE_ID.slice(0, 8))).resolves.toEqual(report);
    await expect(client.logs({ traceId: TRACE_ID, service: 'gateway', limit: 2 })).resolves.toEqual(
      LOGS.slice(1, 3),
    );
  });

  test('exports a trace as what its own OTLP endpoint takes, so that another cloud has the same trace', async () => {
    // GIVEN
    const { traces, client } = await start();
    const other = await start();
    traces.add(SPANS);
    // WHEN
    const response = await fetch(`${other.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(await client.otlp(TRACE_ID.slice(0, 8))),
    });
    // THEN
    expect([response.status, await response.json()]).toEqual([200, {}]);
    expect(other.traces.trace(TRACE_ID)).toEqual(traces.trace(TRACE_ID));
  });

  test('lists the traces that match every filter of the request', async () => {
    const { traces, logs, client, url } = await start();
    traces.add(SPANS);
    traces.add([span('a', undefined, 's', 'n', [0, 1], { traceId: 'ab'.repeat(16) })]);
    for (const entry of LOGS) logs.append(entry);
    const filters = { service: 'storage', route: '/process', status: '5xx', minDurationMs: 1_000, limit: 9 };
    const found = await client.traces({ ...filters, errorsOnly: true, text: 'DOCUMENT accepted' });
    expect(found.map(({ traceId }) => traceId)).toEqual([TRACE_ID]);
    await expect(client.traces({ ...filters, status: '503' })).resolves.toEqual([]);
    await expect(client.traces({ status: 'five' })).rejects.toThrow(
      "status is 'five', allowed is a status such as 504 or a class such as 5xx",
    );
    expect((await fetch(`${url}/traces?minDurationMs=-1`)).status).toBe(400);
  });

  test('clears the traces and says how many there were', async () => {
    const { traces, client, url } = await start();
    traces.add(SPANS);
    await expect(client.clearTraces()).resolves.toBe(1);
    await expect(client.traces()).resolves.toEqual([]);
    const response = await fetch(`${url}/traces`, { method: 'PUT' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, DELETE']);
    expect((await fetch(`${url}/logs`, { method: 'DELETE' })).status).toBe(405);
  });

  test('explains a trace, and refuses a view of it that there is none of', async () => {
    const { traces, client, url } = await start();
    traces.add(SPANS);
    const explanation = await client.explanation(TRACE_ID.slice(0, 6));
    expect(explanation.paragraph).toMatch(/^POST \/process answered 504 after 1,004 ms: /);
    await expect(client.explanation('ff')).rejects.toThrow("there is no trace 'ff'");
    const response = await fetch(`${url}/traces/${TRACE_ID}/nothing`);
    expect([response.status, await response.json()]).toEqual([
      404,
      { error: { message: 'there is no /traces/ID/nothing here' } },
    ]);
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

  test('has no alerts and no policies before they are evaluated', async () => {
    const { client } = await start();
    await expect(client.alerts()).resolves.toEqual([]);
    await expect(client.alertPolicies()).resolves.toEqual([]);
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
