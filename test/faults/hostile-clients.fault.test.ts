import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { bundleService, ChildService } from '../services/telemetry/child-service';
import { Collector, pathsOf } from '../services/telemetry/collector';
import { Load, without } from './load';

const SILENT_SOCKETS = 1_000;
const SLOW_SENDERS = 50;

/** What each slow client sends of its head or its body at a time: one character after each request that is answered. */
const SLOW_HEAD = `GET /quick/1 HTTP/1.1\r\nhost: a\r\nx-slow: ${'s'.repeat(10_000)}`;
const SLOW_BODY_HEAD =
  'POST /body HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 10000\r\n\r\n';

/** Node's bound of a request's head, in bytes. */
const MAX_HEAD_BYTES = 16 * 1024;

const bundle = bundleService();
let collector: Collector;
let service: ChildService;
let sockets: Socket[];

beforeEach(async () => {
  sockets = [];
  collector = new Collector();
  service = await ChildService.start(bundle, await collector.env());
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  collector.close();
});

async function open(): Promise<Socket> {
  const socket = connect({ port: Number(new URL(service.url).port), host: '127.0.0.1' });
  // The process at the other end may go at any time.
  socket.on('error', () => {});
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

const openMany = (count: number): Promise<Socket[]> => Promise.all(Array.from({ length: count }, open));

const hostile: [string, () => Promise<() => void>][] = [
  [
    `${SILENT_SOCKETS} sockets that say nothing`,
    async () => {
      await openMany(SILENT_SOCKETS);
      return () => {};
    },
  ],
  [
    `${SLOW_SENDERS} heads that arrive character by character`,
    async () => {
      const slow = await openMany(SLOW_SENDERS);
      let at = 0;
      return () => {
        for (const socket of slow) socket.write(SLOW_HEAD.charAt(at));
        at += 1;
      };
    },
  ],
  [
    `${SLOW_SENDERS} bodies that arrive character by character`,
    async () => {
      const slow = await openMany(SLOW_SENDERS);
      for (const socket of slow) socket.write(SLOW_BODY_HEAD);
      return () => {
        for (const socket of slow) socket.write(' ');
      };
    },
  ],
  [
    `${SLOW_SENDERS} clients that never read their answers`,
    async () => {
      const deaf = await openMany(SLOW_SENDERS);
      return () => {
        for (const socket of deaf) socket.pause().write('GET /quick/1 HTTP/1.1\r\nhost: a\r\n\r\n');
      };
    },
  ],
];

test.each(hostile)(
  'beside %s others are answered, and SIGTERM ends the process in time',
  async (_case, begin) => {
    // GIVEN
    const goOn = await begin();
    // WHEN others send as ever, while the hostile ones go on
    const load = new Load(service.url, 10);
    for (let ended = 20; ended <= 400; ended += 20) {
      await load.ended(ended);
      goOn();
    }
    // THEN each of them is answered, and the process ends with all their spans
    const signalled = performance.now();
    service.signal('SIGTERM');
    const end = await service.exit();
    expect(performance.now() - signalled).toBeLessThan(8_000);
    await load.stop();
    expect(end).toEqual({ code: 0, signal: null });
    const accepted = service.lines
      .filter(({ message }) => message === 'received')
      .map(({ id }) => String(id));
    expect(accepted.length).toBeGreaterThanOrEqual(400);
    expect(without(accepted, load.answered)).toEqual([]);
    const paths = pathsOf(collector.accepted);
    expect(
      without(
        load.answered.map((id) => `/work/${id}`),
        paths,
      ),
    ).toEqual([]);
    expect(service.stderr).toBe('');
  },
);

test(`a head above ${MAX_HEAD_BYTES} bytes is refused with 431, and its connection is closed`, async () => {
  const socket = await open();
  socket.write(`GET /quick/1 HTTP/1.1\r\nhost: a\r\nx-large: ${'x'.repeat(MAX_HEAD_BYTES)}\r\n\r\n`);
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toMatch(/^HTTP\/1\.1 431 /);
  if (!socket.closed) await once(socket, 'close');
  service.signal('SIGTERM');
  expect(await service.exit()).toEqual({ code: 0, signal: null });
});
