import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { bundleService, ChildService } from './child-service';
import { Collector } from './collector';

/** What a service promises its callers: good, bad and malformed requests, each on a connection of its own. */
const HEAD = 'host: a\r\nconnection: close\r\n';
const TRACE =
  `traceparent: 00-${'a'.repeat(32)}-${'b'.repeat(16)}-01\r\ntracestate: a=b\r\nbaggage: a=b\r\n` +
  `traced-deadline-ms: 1\r\nx-cloud-trace-context: ${'a'.repeat(32)}/1;o=1\r\n`;
const CONTRACT: readonly string[] = [
  `GET /quick/1 HTTP/1.1\r\n${HEAD}\r\n`,
  `GET /quick/1 HTTP/1.1\r\n${HEAD}${TRACE}\r\n`,
  `GET /quick/1 HTTP/1.0\r\n\r\n`,
  `HEAD /quick/1 HTTP/1.1\r\n${HEAD}\r\n`,
  `OPTIONS /quick/1 HTTP/1.1\r\n${HEAD}\r\n`,
  `GET /health HTTP/1.1\r\n${HEAD}\r\n`,
  `GET /nowhere?a=b HTTP/1.1\r\n${HEAD}${TRACE}\r\n`,
  `GET /quick/%E0%A4%A HTTP/1.1\r\n${HEAD}\r\n`,
  `GET /quick/1 HTTP/1.1\r\n${HEAD}x-large: ${'x'.repeat(16 * 1024)}\r\n\r\n`,
  `GET /quick/1 HTTP/1.1\r\n${HEAD}x: \u0000\r\n\r\n`,
  `nonsense\r\n\r\n`,
  `POST /body HTTP/1.1\r\n${HEAD}content-type: application/json\r\ncontent-length: 7\r\n\r\n{"a":1}`,
  `POST /body HTTP/1.1\r\n${HEAD}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n7\r\n{"a":1}\r\n0\r\n\r\n`,
  `POST /body HTTP/1.1\r\n${HEAD}content-type: application/json\r\ncontent-length: 3\r\n\r\n{"a`,
  `POST /body HTTP/1.1\r\n${HEAD}content-type: text/x\r\ncontent-length: 1\r\n\r\na`,
  `POST /body HTTP/1.1\r\n${HEAD}content-type: application/json\r\ncontent-length: 2000000\r\n\r\n{`,
  `POST /body HTTP/1.1\r\n${HEAD}expect: 100-continue\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{}`,
  `GET /fetch/thrown HTTP/1.1\r\n${HEAD}x-target: http://127.0.0.1:1/\r\n\r\n`,
  `GET /fetch/logged HTTP/1.1\r\n${HEAD}x-target: http://[\r\n\r\n`,
  `GET /quick/1 HTTP/1.1\r\nhost: a\r\n\r\nGET /quick/2 HTTP/1.1\r\n${HEAD}\r\n`,
];

/** Every byte that a service answers to them, but for the time of day. */
async function answersOf(env: Record<string, string>): Promise<string[]> {
  const service = await ChildService.start(bundle, env);
  const answers: string[] = [];
  for (const request of CONTRACT) {
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    socket.write(request, 'latin1');
    answers.push((await text(socket)).replaceAll(/^date: .*\r\n/gim, ''));
  }
  service.signal('SIGTERM');
  expect(await service.exit()).toEqual({ code: 0, signal: null });
  return answers;
}

const bundle = bundleService();

test('a service answers every byte as with OTEL_SDK_DISABLED=true, whether its spans are kept or not', async () => {
  const collector = new Collector();
  const env = await collector.env();
  const disabled = await answersOf({ ...env, OTEL_SDK_DISABLED: 'true' });
  expect(collector.received).toEqual([]);
  for (const [index, answer] of disabled.entries()) {
    expect([CONTRACT[index], answer]).toEqual([CONTRACT[index], expect.stringMatching(/^HTTP\/1\.1 \d{3} /)]);
  }
  expect(await answersOf(env)).toEqual(disabled);
  expect(await answersOf({ ...env, OTEL_TRACES_SAMPLER_ARG: '0' })).toEqual(disabled);
  expect(await answersOf({ ...env, TRACED_FLUSH: 'request' })).toEqual(disabled);
  expect(await answersOf({ OTEL_TRACES_EXPORTER: 'none' })).toEqual(disabled);
  expect(collector.received.length).toBeGreaterThan(CONTRACT.length / 2);
  collector.close();
});
