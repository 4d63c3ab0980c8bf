import { createServer, request, type Server } from 'node:http';
import { SpanStatusCode } from '@opentelemetry/api';
import { fastify, type FastifyInstance } from 'fastify';
import {
  CallerGoneError,
  createServiceClient,
  deadlineSignal,
  withDeadline,
} from '../../../services/telemetry';
import { AnyToken } from '../gateway/pipeline';
import { Gate } from './gate';
import { asStranger, foreign, listenLocally } from './http';
import { traceThisProcess, type TracedProcess } from './traced-process';

let traced: TracedProcess;
let app: FastifyInstance;
let callee: Server;
let calleeUrl: string;
let reached: Gate;
let left: Gate;

beforeEach(async () => {
  traced = traceThisProcess();
  app = fastify();
  reached = new Gate();
  left = new Gate();
  callee = foreign(
    createServer((_request, response) => {
      response.on('close', left.open);
      reached.open();
    }),
  );
  calleeUrl = await listenLocally(callee);
});

afterEach(async () => {
  await app.close();
  callee.close();
  callee.closeAllConnections();
  await traced.stop();
});

/** Sends a request and hangs up when the callee has been reached. */
async function hangUp(path: string): Promise<void> {
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const caller = asStranger(() => request(`${url}${path}`));
  caller.on('error', () => {}).end();
  await reached.opened;
  caller.destroy();
}

describe('when a caller hangs up', () => {
  test('the call that is made for it ends, and says so', async () => {
    const client = createServiceClient({ url: calleeUrl, deadlineMs: 60_000 }, { auth: new AnyToken() });
    const failed = new Promise((resolve) => {
      app.get('/', () => client.fetch('/').catch(resolve));
    });
    await hangUp('/');
    await left.opened;
    expect(await failed).toEqual(new CallerGoneError('The request'));
    const spans = await traced.spans();
    expect(spans.map(({ name, attributes }) => [name, attributes['error.type']])).toEqual([
      ['GET', 'aborted'],
      ['GET /', 'aborted'],
    ]);
    expect(spans.map(({ status }) => status.code)).toEqual([SpanStatusCode.ERROR, SpanStatusCode.ERROR]);
  });

  test('work with a deadline of its own ends as well', async () => {
    const failed = new Promise((resolve) => {
      app.get('/', () =>
        withDeadline('The work', 60_000, async () => {
          reached.open();
          await new Promise(() => {});
        }).catch(resolve),
      );
    });
    await hangUp('/');
    expect(await failed).toBeInstanceOf(CallerGoneError);
  });

  test('the signal of the request aborts, for clients that take one', async () => {
    const reason = new Promise((resolve) => {
      app.get('/', async () => {
        const signal = deadlineSignal();
        signal?.addEventListener('abort', () => resolve(signal.reason));
        reached.open();
        await new Promise(() => {});
      });
    });
    await hangUp('/');
    expect(await reason).toMatchObject({ name: 'CallerGoneError', statusCode: 499 });
  });
});

test('the signal of a request that was answered never aborts', async () => {
  let signal: AbortSignal | undefined;
  app.get('/', () => {
    signal = deadlineSignal();
    return 'ok';
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  await asStranger(() => fetch(url)).then((response) => response.text());
  await app.close();
  expect(signal?.aborted).toBe(false);
});
