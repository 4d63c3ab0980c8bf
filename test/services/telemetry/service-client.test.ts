import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { GoogleAuth, IdTokenClient } from 'google-auth-library';
import { Deadline, DeadlineExceededError, setDeadline } from '../../../services/telemetry/deadline';
import { CalleeUnavailableError, createServiceClient } from '../../../services/telemetry/service-client';
import { foreign, listenLocally, RecordingServer } from './http';
import { traceThisProcess, type TracedProcess } from './traced-process';

/** An ID token as far as a client reads it: a JSON Web Token that expires in an hour. */
function idToken(audience: string): string {
  const payload = { aud: audience, exp: Math.floor(Date.now() / 1000) + 3_600 };
  return ['{}', JSON.stringify(payload), 'x']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
}

/** Google's own client of ID tokens, which asks our server instead of the metadata server. */
class LocalAuth extends GoogleAuth {
  readonly #server: string;

  constructor(server: string) {
    super();
    this.#server = server;
  }

  override getIdTokenClient(targetAudience: string): Promise<IdTokenClient> {
    const fetchIdToken = async (audience: string): Promise<string> => {
      const response = await fetch(`${this.#server}/?audience=${encodeURIComponent(audience)}`);
      if (!response.ok) throw new Error(`status ${response.status}`);
      return response.text();
    };
    return Promise.resolve(new IdTokenClient({ targetAudience, idTokenProvider: { fetchIdToken } }));
  }
}

/** Gives out ID tokens as the metadata server does. */
function createTokenServer(asked: string[], answer: { silent?: boolean; status?: number }): Server {
  return foreign(
    createServer((request, response) => {
      const audience = new URL(request.url ?? '', 'http://tokens').searchParams.get('audience') ?? '';
      asked.push(audience);
      if (!answer.silent) response.writeHead(answer.status ?? 200).end(idToken(audience));
    }),
  );
}

let traced: TracedProcess;
let callee: RecordingServer;
let url: string;
let tokens: Server;
let auth: GoogleAuth;
let asked: string[];
let answer: { silent?: boolean; status?: number };

const cleanUp: (() => unknown)[] = [];

beforeEach(async () => {
  traced = traceThisProcess();
  callee = new RecordingServer();
  url = await listenLocally(callee.server);
  asked = [];
  answer = {};
  tokens = createTokenServer(asked, answer);
  auth = new LocalAuth(await listenLocally(tokens));
});

afterEach(async () => {
  callee.close();
  tokens.close();
  tokens.closeAllConnections();
  for (const dispose of cleanUp.splice(0).toReversed()) dispose();
  await traced.stop();
});

const withDeadline = <T>(ms: number, work: () => Promise<T>): Promise<T> =>
  context.with(setDeadline(ROOT_CONTEXT, new Deadline('The request', ms)), work);

describe('a client of another service', () => {
  test('sends an ID token, its own context and the time left, and hands back the answer', async () => {
    callee.status = 418;
    callee.body = 'short and stout';
    const client = createServiceClient({ url, deadlineMs: 60_000 }, { auth });
    const response = await client.fetch('/pour?cups=2', {
      method: 'POST',
      headers: { 'x-own': 'kept' },
      body: 'b',
    });
    expect(response.status).toBe(418);
    expect(await response.text()).toBe('short and stout');

    const { headers, url: path } = callee.last;
    expect(path).toBe('/pour?cups=2');
    expect(headers).toMatchObject({ 'x-own': 'kept', authorization: `Bearer ${idToken(url)}` });
    const [span, ...others] = await traced.spans();
    expect(others).toEqual([]);
    const { traceId, spanId } = span?.spanContext() ?? {};
    expect(headers['traceparent']).toBe(`00-${traceId}-${spanId}-03`);
    expect(headers['traced-parent']).toBe(headers['traceparent']);
    expect(Number(headers['traced-deadline-ms'])).toBeGreaterThan(30_000);
    expect(Number(headers['traced-deadline-ms'])).toBeLessThanOrEqual(60_000);
  });

  test('asks for one token for many calls', async () => {
    const client = createServiceClient({ url, deadlineMs: 60_000 }, { auth });
    await Promise.all([client.fetch('/1'), client.fetch('/2')]);
    await client.fetch('/3');
    expect(asked).toEqual([url]);
  });

  test("sends what is left of the request's deadline when that is less than its own", async () => {
    const client = createServiceClient({ url, deadlineMs: 60_000 }, { auth });
    await withDeadline(10_000, () => client.fetch('/'));
    expect(Number(callee.last.headers['traced-deadline-ms'])).toBeLessThanOrEqual(10_000);
  });

  test('sends nothing when no time is left', async () => {
    const client = createServiceClient({ url, deadlineMs: 60_000 }, { auth });
    await expect(withDeadline(0, () => client.fetch('/'))).rejects.toThrow(DeadlineExceededError);
    expect(callee.requests).toEqual([]);
    expect(asked).toEqual([]);
  });

  test.each([
    ['never answers', '', 0],
    ['stops in the middle of its answer', 'half', 1_000],
  ])('gives up a callee that %s at the deadline', async (_case, body, length) => {
    // GIVEN a server that sends less than it announces
    const slow = createServer((_request, response) => {
      if (length > 0) response.writeHead(200, { 'content-length': length }).write(body);
    });
    const client = createServiceClient({ url: await listenLocally(slow), deadlineMs: 500 }, { auth });
    // WHEN
    const call = trace.getTracer('test').startActiveSpan('request', async (span) => {
      try {
        return await client.fetch('/');
      } finally {
        span.end();
      }
    });
    // THEN
    await expect(call).rejects.toThrow(DeadlineExceededError);
    await expect(call).rejects.toMatchObject({ deadlineMs: 500 });
    slow.close();
    slow.closeAllConnections();
    const request = (await traced.spans()).find(({ name }) => name === 'request');
    expect(request?.attributes).toEqual({ 'traced.deadline_exceeded': true });
  });

  test('gives up a token server that never answers at the deadline', async () => {
    answer.silent = true;
    const client = createServiceClient({ url, deadlineMs: 300 }, { auth });
    await expect(client.fetch('/')).rejects.toThrow(DeadlineExceededError);
    expect(callee.requests).toEqual([]);
  });

  test('ends its span at the deadline where not even a connection comes about', async () => {
    // GIVEN a callee whose system takes no more connections
    const listener = `const server = require('node:net').createServer();
      server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));`;
    const stopped = spawn(process.execPath, ['--eval', listener]);
    cleanUp.push(() => stopped.kill('SIGKILL'));
    const port = Number(await once(stopped.stdout, 'data'));
    stopped.kill('SIGSTOP');
    const waiting = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => {}));
    cleanUp.push(...waiting.map((socket) => () => socket.destroy()));
    await Promise.all(waiting.slice(0, 2).map((socket) => once(socket, 'connect')));
    // WHEN
    const client = createServiceClient({ url: `http://127.0.0.1:${port}`, deadlineMs: 100 }, { auth });
    await expect(client.fetch('/')).rejects.toBeInstanceOf(DeadlineExceededError);
    // THEN
    const span = (await traced.spans()).find(({ attributes }) => attributes['server.port'] === port);
    expect(span?.attributes).toMatchObject({
      'error.type': 'deadline_exceeded',
      'traced.deadline_exceeded': true,
    });
  });

  test('says that there is no answer when no token is given, and asks again the next time', async () => {
    answer.status = 403;
    const client = createServiceClient({ url, deadlineMs: 60_000 }, { auth });
    await expect(client.fetch('/')).rejects.toThrow(CalleeUnavailableError);
    answer.status = 200;
    expect((await client.fetch('/')).status).toBe(200);
  });

  test.each([
    ['is not there', (server: Server) => server.close(), 'ECONNREFUSED'],
    [
      'resets the connection',
      (server: Server) => server.prependListener('connection', (socket) => socket.destroy()),
      '',
    ],
  ])('says that there is no answer when the callee %s', async (_case, prepare, message) => {
    prepare(callee.server);
    const client = createServiceClient({ url, deadlineMs: 60_000 }, { auth });
    await expect(client.fetch('/')).rejects.toThrow(CalleeUnavailableError);
    await expect(client.fetch('/')).rejects.toThrow(message);
  });

  test('hands back a redirect instead of following it with its token', async () => {
    const other = new RecordingServer();
    callee.status = 302;
    callee.headers = { location: await listenLocally(other.server) };
    const response = await createServiceClient({ url, deadlineMs: 60_000 }, { auth }).fetch('/');
    other.close();
    expect(response.status).toBe(302);
    expect(other.requests).toEqual([]);
  });

  test("passes on the application's own abort", async () => {
    const client = createServiceClient({ url, deadlineMs: 60_000 }, { auth });
    const reason = new Error('changed my mind');
    await expect(client.fetch('/', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test('refuses a path that would change the host', async () => {
    const client = createServiceClient({ url: 'http://callee.example', deadlineMs: 60_000 }, { auth });
    await expect(client.fetch('.evil.example/')).rejects.toThrow(
      "path is '.evil.example/'; it must begin with '/'",
    );
  });

  test('hands back an answer that may not have a body', async () => {
    callee.status = 204;
    callee.body = '';
    const response = await createServiceClient({ url, deadlineMs: 60_000 }, { auth }).fetch('/');
    expect(response.status).toBe(204);
    expect(response.body).toBeNull();
  });
});
