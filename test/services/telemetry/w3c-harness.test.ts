import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { fastify, type FastifyInstance } from 'fastify';
import { foreign, listenLocally } from './http';
import { traceThisProcess, type TracedProcess } from './traced-process';

const T = '12345678901234567890123456789012';
const P = '1234567890123456';

type Header = readonly [name: string, value: string];

/** What arrives, whether its trace goes on, and the `tracestate` that is sent. */
type Row = readonly [headers: readonly Header[], trace: 'kept' | 'new', tracestate?: string];

const parent = (value: string): Header => ['traceparent', value];
const state = (value: string): Header => ['tracestate', value];
const VALID = parent(`00-${T}-${P}-00`);

/** A valid parent beside these `tracestate` lines, of which `sent` is left. */
const list = (values: readonly string[], sent = ''): Row => [[VALID, ...values.map(state)], 'kept', sent];
const only = (value: string, trace: 'kept' | 'new'): Row => [[parent(value)], trace];

const KEY = 'abcdefghijklmnopqrstuvwxyz0123456789_-*/';
const VALUE = Array.from({ length: 0x7f - 0x20 }, (_, index) => String.fromCharCode(0x20 + index))
  .filter((character) => character !== ',' && character !== '=')
  .join('');
const members = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index).padStart(2, '0'))
    .map((digits) => `bar${digits}=${digits}`)
    .join(',');

/** The 41 cases of the W3C's own harness at its strictest, by their names there. */
const CASES: Readonly<Record<string, readonly Row[]>> = {
  both_traceparent_and_tracestate_missing: [[[], 'new']],
  traceparent_included_tracestate_missing: [only(`00-${T}-${P}-01`, 'kept')],
  traceparent_duplicated: [
    [[parent(`00-${T.slice(0, -1)}1-${P}-01`), parent(`00-${T.slice(0, -1)}2-${P}-01`)], 'new'],
  ],
  traceparent_header_name: [
    [[['trace-parent', `00-${T}-${P}-01`]], 'new'],
    [[['trace.parent', `00-${T}-${P}-01`]], 'new'],
  ],
  traceparent_header_name_valid_casing: [
    [[['TraceParent', `00-${T}-${P}-01`]], 'kept'],
    [[['TrAcEpArEnT', `00-${T}-${P}-01`]], 'kept'],
    [[['TRACEPARENT', `00-${T}-${P}-01`]], 'kept'],
  ],
  traceparent_version_0x00: [
    only(`00-${T}-${P}-01.`, 'new'),
    only(`00-${T}-${P}-01-what-the-future-will-be-like`, 'new'),
  ],
  traceparent_version_0xcc: [
    only(`cc-${T}-${P}-01`, 'kept'),
    only(`cc-${T}-${P}-01-what-the-future-will-be-like`, 'kept'),
    only(`cc-${T}-${P}-01.what-the-future-will-be-like`, 'new'),
  ],
  traceparent_version_0xff: [only(`ff-${T}-${P}-01`, 'new')],
  traceparent_version_illegal_characters: [only(`.0-${T}-${P}-01`, 'new'), only(`0.-${T}-${P}-01`, 'new')],
  traceparent_version_too_long: [only(`000-${T}-${P}-01`, 'new'), only(`0000-${T}-${P}-01`, 'new')],
  traceparent_version_too_short: [only(`0-${T}-${P}-01`, 'new')],
  traceparent_trace_id_all_zero: [only(`00-${'0'.repeat(32)}-${P}-01`, 'new')],
  traceparent_trace_id_illegal_characters: [
    only(`00-.${T.slice(1)}-${P}-01`, 'new'),
    only(`00-${T.slice(0, -1)}.-${P}-01`, 'new'),
  ],
  traceparent_trace_id_too_long: [only(`00-${T}3-${P}-01`, 'new')],
  traceparent_trace_id_too_short: [only(`00-${T.slice(0, -1)}-${P}-01`, 'new')],
  traceparent_parent_id_all_zero: [only(`00-${T}-${'0'.repeat(16)}-01`, 'new')],
  traceparent_parent_id_illegal_characters: [
    only(`00-${T}-.${P.slice(1)}-01`, 'new'),
    only(`00-${T}-${P.slice(0, -1)}.-01`, 'new'),
  ],
  traceparent_parent_id_too_long: [only(`00-${T}-${P}7-01`, 'new')],
  traceparent_parent_id_too_short: [only(`00-${T}-${P.slice(0, -1)}-01`, 'new')],
  traceparent_trace_flags_illegal_characters: [
    only(`00-${T}-${P}-.0`, 'new'),
    only(`00-${T}-${P}-0.`, 'new'),
  ],
  traceparent_trace_flags_too_long: [only(`00-${T}-${P}-001`, 'new')],
  traceparent_trace_flags_too_short: [only(`00-${T}-${P}-1`, 'new')],
  traceparent_ows_handling: [
    only(` 00-${T}-${P}-01`, 'kept'),
    only(`\t00-${T}-${P}-01`, 'kept'),
    only(`00-${T}-${P}-01 `, 'kept'),
    only(`00-${T}-${P}-01\t`, 'kept'),
    only(`\t 00-${T}-${P}-01 \t`, 'kept'),
  ],
  tracestate_included_traceparent_missing: [
    [[state('foo=1')], 'new'],
    [[state('foo=1,bar=2')], 'new'],
  ],
  tracestate_included_traceparent_included: [list(['foo=1,bar=2'], 'foo=1,bar=2')],
  tracestate_header_name: [
    [[VALID, ['trace-state', 'foo=1']], 'kept'],
    [[VALID, ['trace.state', 'foo=1']], 'kept'],
  ],
  tracestate_header_name_valid_casing: [
    [[VALID, ['TraceState', 'foo=1']], 'kept', 'foo=1'],
    [[VALID, ['TrAcEsTaTe', 'foo=1']], 'kept', 'foo=1'],
    [[VALID, ['TRACESTATE', 'foo=1']], 'kept', 'foo=1'],
  ],
  tracestate_empty_header: [list(['']), list(['foo=1', ''], 'foo=1'), list(['', 'foo=1'], 'foo=1')],
  tracestate_multiple_headers_different_keys: [
    list(['foo=1,bar=2', 'rojo=1,congo=2', 'baz=3'], 'foo=1,bar=2,rojo=1,congo=2,baz=3'),
  ],
  tracestate_duplicated_keys: [
    list(['foo=1,foo=1'], 'foo=1'),
    list(['foo=1,foo=2'], 'foo=1'),
    list(['foo=1', 'foo=1'], 'foo=1'),
    list(['foo=1', 'foo=2'], 'foo=1'),
  ],
  tracestate_all_allowed_characters: [
    list([`${KEY}=${VALUE}`], `${KEY}=${VALUE}`),
    list([`${KEY}@a-z0-9_-*/=${VALUE}`], `${KEY}@a-z0-9_-*/=${VALUE}`),
  ],
  tracestate_ows_handling: [
    list(['foo=1 \t , \t bar=2, \t baz=3'], 'foo=1,bar=2,baz=3'),
    list(['foo=1\t \t,\t \tbar=2,\t \tbaz=3'], 'foo=1,bar=2,baz=3'),
    list([' foo=1'], 'foo=1'),
    list(['\tfoo=1'], 'foo=1'),
    list(['foo=1 '], 'foo=1'),
    list(['foo=1\t'], 'foo=1'),
    list(['\t foo=1 \t'], 'foo=1'),
  ],
  tracestate_key_illegal_characters: [list(['foo =1']), list(['FOO=1']), list(['foo.bar=1'])],
  tracestate_key_at_signs: [
    list(['foo@=1,bar=2'], 'foo@=1,bar=2'),
    list(['@foo=1,bar=2']),
    list(['foo@@bar=1,bar=2'], 'foo@@bar=1,bar=2'),
    list(['foo@bar@baz=1,bar=2'], 'foo@bar@baz=1,bar=2'),
  ],
  tracestate_member_count_limit: [
    list([members(1, 10), members(11, 20), members(21, 30), members(31, 32)], members(1, 32)),
    list([members(1, 10), members(11, 20), members(21, 30), members(31, 33)]),
  ],
  tracestate_key_length_limit: [
    list(['foo=1', `${'z'.repeat(256)}=1`], `foo=1,${'z'.repeat(256)}=1`),
    list(['foo=1', `${'z'.repeat(257)}=1`]),
    list(['foo=1', `${'t'.repeat(241)}@${'v'.repeat(14)}=1`], `foo=1,${'t'.repeat(241)}@${'v'.repeat(14)}=1`),
    list(['foo=1', `${'t'.repeat(242)}@v=1`], `foo=1,${'t'.repeat(242)}@v=1`),
    list(['foo=1', `t@${'v'.repeat(15)}=1`], `foo=1,t@${'v'.repeat(15)}=1`),
  ],
  tracestate_value_illegal_characters: [list(['foo=bar=baz']), list(['foo=,bar=3'])],
  multiple_requests_with_valid_traceparent: [only(`00-${T}-${P}-01`, 'kept')],
  multiple_requests_without_traceparent: [[[], 'new']],
  multiple_requests_with_illegal_traceparent: [only(`00-${'0'.repeat(32)}-${P}-01`, 'new')],
  traceparent_random_flag_level_2: [only(`00-${T}-${P}-02`, 'kept'), only(`00-${T}-${P}-03`, 'kept')],
};

/** What the service under test is asked to do, in the harness's own words. */
interface Order {
  readonly url: string;
  readonly arguments: readonly Order[];
}

/** Sends a request line by line as given, which no HTTP client does, and waits for the whole answer. */
async function post(url: string, headers: readonly Header[], orders: readonly Order[]): Promise<string> {
  const { hostname, port, host } = new URL(url);
  const body = JSON.stringify(orders);
  const lines = [
    'POST /test HTTP/1.1',
    `Host: ${host}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  const socket = connect(Number(port), hostname);
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  return text(socket);
}

function valuesOf({ rawHeaders }: IncomingMessage, name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}

test('the table has all cases of the harness', () => {
  expect(Object.keys(CASES)).toHaveLength(41);
});

describe.each([
  ['a service whose callers are authenticated', 'true', '1'],
  ['a public edge', 'false', '0'],
])('W3C trace context through %s', (_name, trusted, ratio) => {
  let traced: TracedProcess;
  let app: FastifyInstance;
  let service: string;
  let harness: Server;
  let callback: string;
  let received: IncomingMessage[];

  beforeAll(async () => {
    harness = foreign(
      createServer((request, response) => {
        received.push(request);
        request.resume();
        response.end();
      }),
    );
    callback = await listenLocally(harness);
    traced = traceThisProcess({
      TRACED_TRUST_CALLER: trusted,
      OTEL_TRACES_SAMPLER_ARG: ratio,
      HARNESS_URL: callback,
      HARNESS_DEADLINE_MS: '1000',
    });
    app = fastify();
    app.post<{ Body: Order[] }>('/test', async (request) => {
      for (const order of request.body) {
        const body = JSON.stringify(order.arguments);
        await fetch(order.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      }
      return {};
    });
    service = await app.listen({ host: '127.0.0.1', port: 0 });
  });

  beforeEach(() => {
    received = [];
  });

  afterAll(async () => {
    await app.close();
    harness.close();
    harness.closeAllConnections();
    await traced.stop();
  });

  test.each(Object.entries(CASES))('%s', async (_case, rows) => {
    for (const [headers, trace, tracestate = ''] of rows) {
      // WHEN the harness asks for three calls back
      received = [];
      const orders = ['0', '1', '2'].map((path) => ({ url: `${callback}/${path}`, arguments: [] }));
      expect(await post(service, headers, orders)).toMatch(/^HTTP\/1\.1 200 /);
      // THEN they carry one valid parent each, all of the same trace and each of another span
      const parents = received.flatMap((request) => valuesOf(request, 'traceparent'));
      expect(parents).toHaveLength(3);
      for (const value of parents) expect(value).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$/);
      const [traceId = '', ...others] = new Set(parents.map((value) => value.slice(3, 35)));
      expect(others).toEqual([]);
      expect(new Set([P, ...parents.map((value) => value.slice(36, 52))]).size).toBe(4);
      // AND the trace is the one that arrived, or one that nobody sent and whose id is random
      const sent = headers.map(([, value]) => value).join();
      expect(sent.includes(traceId) ? 'kept' : 'new').toBe(trace);
      const random = trace === 'new' || /-0[23]$/.test(sent);
      expect(new Set(parents.map((value) => (Number(value.at(-1)) & 2) !== 0))).toEqual(new Set([random]));
      // AND the state is sent in one header or not at all, maybe behind a member of ours
      for (const request of received) {
        const lines = valuesOf(request, 'tracestate');
        expect(lines).not.toContain('');
        expect(lines.length).toBeLessThanOrEqual(1);
        const [first = '', ...behind] = lines.join().split(',');
        const others = first.startsWith('ot=') ? behind : [first, ...behind];
        const room = first.startsWith('ot=') ? 31 : 32;
        expect(others.join()).toBe(tracestate.split(',').slice(0, room).join());
      }
    }
  });
});
