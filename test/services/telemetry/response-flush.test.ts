import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { core, type tracing } from '@opentelemetry/sdk-node';
import express from 'express';
import { fastify } from 'fastify';
import { startTelemetry, type Telemetry } from '../../../services/telemetry';
import { log } from '../../../services/telemetry/log';
import { Gate } from './gate';
import { asStranger, listenLocally, send, type Answer } from './http';

type Done = (result: core.ExportResult) => void;

const SUCCESS = { code: core.ExportResultCode.SUCCESS };

/** An exporter that answers as the test lets it. */
class GatedExporter implements tracing.SpanExporter {
  readonly names: string[] = [];
  received = new Gate();
  readonly #unanswered: Done[] = [];
  answer: (done: Done) => void = (done) => done(SUCCESS);
  readonly never = (done: Done): void => void this.#unanswered.push(done);

  export(spans: tracing.ReadableSpan[], done: Done): void {
    this.names.push(...spans.map(({ name }) => name));
    this.received.open();
    this.answer(done);
  }

  /** Resolves when spans are received once more. */
  async next(): Promise<void> {
    this.received = new Gate();
    await this.received.opened;
  }

  /** Answers what was never to be, so that a test need not wait for that. */
  release(): void {
    for (const done of this.#unanswered.splice(0)) done(SUCCESS);
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

let exporter: GatedExporter;
let telemetry: Telemetry;
let server: Server;

function start(env: Record<string, string> = {}): void {
  exporter = new GatedExporter();
  telemetry = startTelemetry({ OTEL_SERVICE_NAME: 'test', TRACED_FLUSH: 'request', ...env }, { exporter });
}

beforeAll(() => {
  log.level = 'silent';
  // A timer that would send spans later must not be what sends them here; OpenTelemetry reads this by itself.
  process.env['OTEL_BSP_SCHEDULE_DELAY'] = '3600000';
});

afterAll(() => {
  delete process.env['OTEL_BSP_SCHEDULE_DELAY'];
});

afterEach(async () => {
  server.close();
  server.closeAllConnections();
  exporter.release();
  await telemetry.shutdown();
});

function serve(listener: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  server = createServer(listener);
  return listenLocally(server);
}

function echo(incoming: IncomingMessage, response: ServerResponse): void {
  incoming.resume();
  response.writeHead(203, 'Fine', { 'x-own': 'kept' });
  response.end(incoming.method);
}

function withoutDate({ headers, ...rest }: Answer): unknown {
  return { ...rest, headers: { ...headers, date: undefined } };
}

describe('with CPU for requests only', () => {
  test('the end of a response waits until its spans are sent', async () => {
    // GIVEN a response whose first half has arrived, and a collector that does not answer yet
    start();
    exporter.answer = exporter.never;
    const last = new Gate();
    const url = await serve((_request, response) => {
      response.write('first,');
      void last.opened.then(() => response.end('last'));
    });
    const caller = asStranger(() => request(url).end());
    const response = await new Promise<IncomingMessage>((resolve) => caller.on('response', resolve));
    let body = '';
    response.on('data', (chunk: Buffer) => (body += chunk.toString()));
    // WHEN the application ends it
    last.open();
    await exporter.received.opened;
    // THEN its last bytes are held, and the span is with the collector
    expect(exporter.names).toEqual(['GET']);
    expect(response.complete).toBe(false);
    // WHEN the collector answers
    exporter.release();
    await once(response, 'end');
    // THEN the response is complete
    expect(body).toBe('first,last');
  });

  test('spans are there with each answer, without any timer', async () => {
    start();
    const url = await serve((_request, response) => void response.end('ok'));
    for (let count = 1; count <= 20; count += 1) {
      await send(url);
      expect(exporter.names).toHaveLength(count);
    }
  });

  test('which is the flush: with CPU at all times nothing has been sent by then', async () => {
    start({ TRACED_FLUSH: 'background' });
    const url = await serve((_request, response) => void response.end('ok'));
    await send(url);
    expect(exporter.names).toEqual([]);
  });

  test('nothing waits while another request keeps the CPU', async () => {
    // GIVEN a request that is open, and a collector that never answers
    start();
    exporter.answer = exporter.never;
    const begun = new Gate();
    const open = new Gate();
    const url = await serve((incoming, response) => {
      begun.open();
      const done = incoming.url === '/quick' ? Promise.resolve() : open.opened;
      void done.then(() => response.end(incoming.url));
    });
    const slow = send(`${url}/slow`);
    await begun.opened;
    // WHEN another is answered
    expect((await send(`${url}/quick`)).body).toBe('/quick');
    // THEN nothing was sent for it
    expect(exporter.names).toEqual([]);
    // WHEN the last one ends, THEN both go
    open.open();
    await slow;
    expect(exporter.names).toEqual(['GET', 'GET']);
  });

  test('a response that ends while another waits for its spans waits for its own', async () => {
    // GIVEN a response that waits for a collector
    start();
    exporter.answer = exporter.never;
    const url = await serve((_request, response) => void response.end('ok'));
    const first = send(`${url}/first`);
    await exporter.received.opened;
    expect(exporter.names).toHaveLength(1);
    // WHEN another ends meanwhile, and the collector answers at last
    const sent = exporter.next();
    const second = send(`${url}/second`);
    await sent;
    exporter.release();
    // THEN the span of each was sent before it was complete
    await Promise.all([first, second]);
    expect(exporter.names).toHaveLength(2);
  });

  test.each([
    ['never answers', (done: Done) => exporter.never(done)],
    ['fails', (done: Done) => done({ code: core.ExportResultCode.FAILED })],
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
  ])('a collector that %s changes nothing in the response', async (_what, answer) => {
    start({ TRACED_FLUSH: 'background' });
    let url = await serve(echo);
    const plain = [
      await send(url),
      await send(url, { method: 'HEAD' }),
      await send(url, { method: 'POST', body: 'x' }),
    ];
    server.close();
    await telemetry.shutdown();
    start();
    exporter.answer = answer;
    url = await serve(echo);
    const held = [
      await send(url),
      await send(url, { method: 'HEAD' }),
      await send(url, { method: 'POST', body: 'x' }),
    ];
    expect(held.map(withoutDate)).toEqual(plain.map(withoutDate));
    expect(exporter.names).toHaveLength(3);
  });

  test('a request that is not kept is not waited for', async () => {
    start({ OTEL_TRACES_SAMPLER_ARG: '0' });
    const url = await serve((_request, response) => void response.end('ok'));
    expect((await send(url)).body).toBe('ok');
    expect(exporter.names).toEqual([]);
  });

  test('requests that are sent without waiting for answers get them whole and in order', async () => {
    start();
    const url = await serve((incoming, response) => void response.end(`${incoming.url};`));
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const paths = ['/1', '/2', '/3'];
    const last = `GET /4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
    socket.write(`${paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join('')}${last}`);
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text.match(/\/\d;/g)).toEqual(['/1;', '/2;', '/3;', '/4;']);
  });

  test('a caller that leaves while its response is held does no harm', async () => {
    start();
    exporter.answer = exporter.never;
    const url = await serve((_request, response) => void response.end('ok'));
    const caller = asStranger(() => request(url));
    caller.on('error', () => {}).end();
    await exporter.received.opened;
    caller.destroy();
    exporter.answer = (done) => done(SUCCESS);
    expect((await send(url)).body).toBe('ok');
  });

  test('applications of Fastify and Express answer as ever', async () => {
    start();
    const app = fastify();
    app.get('/:id', () => ({ framework: 'fastify' }));
    const fastifyUrl = await app.listen({ host: '127.0.0.1', port: 0 });
    const expressUrl = await serve(
      express().get('/:id', (_request, response) => void response.json({ framework: 'express' })),
    );
    expect((await send(`${fastifyUrl}/1`)).body).toBe('{"framework":"fastify"}');
    expect((await send(`${expressUrl}/1`)).body).toBe('{"framework":"express"}');
    expect(exporter.names).toEqual(['GET /:id', 'GET /:id']);
    await app.close();
  });
});
