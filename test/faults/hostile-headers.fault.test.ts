import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { assert, asyncProperty } from 'fast-check';
import { bundleService, ChildService } from '../services/telemetry/child-service';
import { Collector } from '../services/telemetry/collector';
import { checkPropagation, headerSets } from '../services/telemetry/header-sets';
import { send } from '../services/telemetry/http';

test('of 100,000 sets of headers, none makes us fail or send anything that is not well-formed', () => {
  expect(() => checkPropagation(100_000)).not.toThrow();
});

/** Each on a connection of its own, to a service at a public edge and to one that believes its callers. */
const SETS_ON_THE_WIRE = 2_000;

/** Just below Node's bound of a request's head, 16 KiB. */
const LONG = 15_000;

/** So often is each long header sent, and so much of the processor may one of them take. */
const TIMES = 20;
const MAX_CPU_MS = 20;

const bundle = bundleService();

describe.each(['false', 'true'])('a service with TRACED_TRUST_CALLER=%s', (trusted) => {
  let collector: Collector;
  let service: ChildService;
  beforeAll(async () => {
    collector = new Collector();
    service = await ChildService.start(bundle, { ...(await collector.env()), TRACED_TRUST_CALLER: trusted });
  });
  afterAll(() => {
    service.signal('SIGKILL');
    collector.close();
  });

  /** The status of a request with these headers, as far as HTTP carries them: Node's client would refuse many. */
  const statusOf = async (headers: Record<string, unknown>): Promise<number> => {
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    const lines = Object.entries(headers).flatMap(([name, value]) =>
      [value].flat().map((line) => `${name}: ${String(line).replaceAll(/[^\t -~\x80-\xff]/g, '')}\r\n`),
    );
    socket.write(`GET /quick/1 HTTP/1.1\r\nhost: a\r\n${lines.join('')}connection: close\r\n\r\n`, 'latin1');
    return Number(/^HTTP\/1\.1 (\d{3}) /.exec(await text(socket))?.[1]);
  };

  test(`answers ${SETS_ON_THE_WIRE} sets of headers as if they were none`, async () => {
    const answered = asyncProperty(headerSets, async (headers) => (await statusOf(headers)) === 200);
    await expect(assert(answered, { numRuns: SETS_ON_THE_WIRE })).resolves.toBeUndefined();
  });

  const traceId = 'a'.repeat(32);
  const long: [string, Record<string, string>][] = [
    ['X-Cloud-Trace-Context', { 'x-cloud-trace-context': `${traceId}/${'9'.repeat(LONG)};o=1` }],
    ['traceparent', { traceparent: `00-${traceId}-${'b'.repeat(LONG)}-01` }],
    [
      'traceparent of a future version',
      { traceparent: `cc-${traceId}-${'b'.repeat(16)}-01-${'-'.repeat(LONG)}` },
    ],
    ['traced-parent', { 'traced-parent': '0'.repeat(LONG) }],
    ['traced-deadline-ms', { 'traced-deadline-ms': '1'.repeat(LONG) }],
    ['tracestate of commas', { tracestate: ','.repeat(LONG) }],
    ['tracestate of blanks', { tracestate: `a=${' '.repeat(LONG)}b` }],
    ['tracestate of members', { tracestate: 'a=b,'.repeat(LONG / 4) }],
    ['tracestate of OpenTelemetry', { tracestate: `ot=${'th:8;'.repeat(LONG / 5)}` }],
    ['baggage', { baggage: 'a=b,'.repeat(LONG / 4) }],
    ['User-Agent', { 'user-agent': 'u'.repeat(LONG) }],
    ['X-Forwarded-Host', { 'x-forwarded-host': 'h'.repeat(LONG) }],
    ['X-Forwarded-For', { 'x-forwarded-for': '1,'.repeat(LONG / 2) }],
  ];

  test.each(long)(
    `takes less than ${MAX_CPU_MS} ms of the processor for a request with a long %s`,
    async (_name, headers) => {
      const withTrace = { traceparent: `00-${traceId}-${'b'.repeat(16)}-01`, ...headers };
      const before = await cpuMs(service);
      for (let time = 0; time < TIMES; time += 1) {
        expect(await send(`${service.url}/quick/1`, { headers: withTrace })).toMatchObject({ status: 200 });
      }
      expect(((await cpuMs(service)) - before) / TIMES).toBeLessThan(MAX_CPU_MS);
    },
  );

  test('has nothing to say of all that on stderr, and stops as ever', async () => {
    service.signal('SIGTERM');
    expect({ end: await service.exit(), stderr: service.stderr }).toEqual({
      end: { code: 0, signal: null },
      stderr: '',
    });
  });
});

/** Time of the processor that the service has used, which does not depend on what else the machine does. */
async function cpuMs(service: ChildService): Promise<number> {
  return Number((await send(`${service.url}/cpu`)).body);
}
