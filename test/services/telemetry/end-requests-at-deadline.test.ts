import { Agent, createServer, type Server, type ServerResponse } from 'node:http';
import { context } from '@opentelemetry/api';
import {
  CallerGoneError,
  DeadlineExceededError,
  startTelemetry,
  withDeadline,
  withoutSpans,
} from '../../../services/telemetry';
import { Deadline, setDeadline } from '../../../services/telemetry/deadline';
import { endRequestsAtDeadline } from '../../../services/telemetry/end-requests-at-deadline';
import { Gate } from './gate';
import { foreign, listenLocally, sendTraced } from './http';
import { traceThisProcess, type TracedProcess } from './traced-process';

let traced: TracedProcess;
let agent: Agent;
let server: Server;
let url: string;
/** Responses to the requests that have arrived; none is answered until a test does. */
let responses: ServerResponse[];
let connections: number;
let reached: Gate;
let left: Gate;

beforeEach(async () => {
  traced = traceThisProcess();
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
  responses = [];
  connections = 0;
  reached = new Gate();
  left = new Gate();
  server = foreign(
    createServer((_request, response) => {
      responses.push(response);
      reached.open();
    }),
  );
  server.on('connection', (socket) => {
    connections += 1;
    socket.once('close', left.open);
  });
  url = await listenLocally(server);
});

afterEach(async () => {
  agent.destroy();
  server.close();
  server.closeAllConnections();
  await traced.stop();
});

/** Begins requests for a caller who waits until the deadline only; `outcome` is what comes of them by themselves. */
async function giveUp(begin: () => Promise<unknown>, origin = url): Promise<{ outcome: Promise<unknown> }> {
  let outcome: Promise<unknown> = Promise.reject(new Error('not begun'));
  outcome.catch(() => {});
  const waiting = withDeadline('The work', 100, () =>
    endRequestsAtDeadline(origin, () => {
      const answer = begin();
      outcome = answer.catch((error: unknown) => error);
      return answer;
    }),
  );
  await expect(waiting).rejects.toThrow(DeadlineExceededError);
  return { outcome };
}

describe('at the deadline', () => {
  test.each<[string, <T>(work: () => Promise<T>) => Promise<T>]>([
    ['with a span', (work) => work()],
    ['without spans', withoutSpans],
  ])('the connection of a request closes, and the request fails for that reason: %s', async (_how, as) => {
    const { outcome } = await giveUp(() => as(() => sendTraced(url)));
    await left.opened;
    expect(await outcome).toEqual(new DeadlineExceededError('The work', 100));
  });

  test('a request has failed by it, in its span', async () => {
    const { outcome } = await giveUp(() => sendTraced(url));
    await outcome;
    const types = (await traced.spans()).map(({ attributes }) => attributes['error.type']);
    expect(types).toEqual(['deadline_exceeded']);
  });

  test('an answer in the middle of its body ends', async () => {
    server.once('request', (_request, response: ServerResponse) => response.write('the beginning'));
    const { outcome } = await giveUp(() => sendTraced(url));
    await left.opened;
    expect(await outcome).toBeInstanceOf(DeadlineExceededError);
  });

  test('a request that waits for a connection of its agent is not sent any more', async () => {
    const first = sendTraced(url, { agent });
    await reached.opened;
    const { outcome } = await giveUp(() => sendTraced(url, { agent }));
    responses[0]?.end('ok');
    expect(await first).toMatchObject({ status: 200 });
    expect(await outcome).toBeInstanceOf(DeadlineExceededError);
    expect(responses).toHaveLength(1);
  });

  test('what is tried again inside of it is not sent', async () => {
    const { outcome } = await giveUp(() => sendTraced(url).catch(() => sendTraced(url)));
    expect(await outcome).toBeInstanceOf(DeadlineExceededError);
    expect(responses).toHaveLength(1);
  });

  test('requests to others go on, such as those for a token that more than one is waiting for', async () => {
    const { outcome } = await giveUp(() => sendTraced(url), 'https://storage.googleapis.com');
    responses[0]?.end('ok');
    expect(await outcome).toMatchObject({ status: 200 });
  });

  test('requests beside it go on', async () => {
    const beside = sendTraced(url);
    await giveUp(() => sendTraced(url));
    await left.opened;
    for (const response of responses) response.end('ok');
    expect(await beside).toMatchObject({ status: 200 });
  });
});

test('the connection of a request that was answered in time is used again after the deadline', async () => {
  server.once('request', (_request, response: ServerResponse) => response.end('ok'));
  await giveUp(async () => {
    await sendTraced(url, { agent });
    await new Promise(() => {});
  });
  server.once('request', (_request, response: ServerResponse) => response.end('ok'));
  expect(await sendTraced(url, { agent })).toMatchObject({ status: 200 });
  expect(connections).toBe(1);
});

test('requests end when the caller has hung up', async () => {
  const deadline = new Deadline('The request', 60_000);
  await context.with(setDeadline(context.active(), deadline), async () => {
    const answer = endRequestsAtDeadline(url, () => sendTraced(url));
    await reached.opened;
    deadline.abandon();
    await expect(answer).rejects.toBeInstanceOf(CallerGoneError);
  });
  await left.opened;
});

test('without a deadline it is the work alone', async () => {
  server.once('request', (_request, response: ServerResponse) => response.end('ok'));
  expect(await endRequestsAtDeadline(url, () => sendTraced(url))).toMatchObject({ status: 200 });
});

test('with OTEL_SDK_DISABLED=true it does nothing', async () => {
  await traced.stop();
  startTelemetry({ OTEL_SDK_DISABLED: 'true' });
  const { outcome } = await giveUp(() => sendTraced(url));
  responses[0]?.end('ok');
  expect(await outcome).toMatchObject({ status: 200 });
});
