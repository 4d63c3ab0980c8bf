import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { CloudRunFixture, isRequestLog, program, PROJECT, responseTo } from './cloud-run-fixture';

const TRACE_ID = 'd4cda95b652f4a1592b449d5929fda1b';
const CALLER_SPAN_ID = '6e0c63257de34c92';

const ECHO_HEADERS = program('(request, response) => response.end(JSON.stringify(request.headersDistinct))');

let cloud: CloudRunFixture;
beforeEach(async () => {
  cloud = await CloudRunFixture.open();
});
afterEach(() => cloud.dispose());

type Headers = Record<string, string[]>;

/** Headers as the container got them. */
async function headersAtContainer(uri: string, headers: Record<string, string> = {}): Promise<Headers> {
  return JSON.parse(await (await fetch(uri, { headers })).text());
}

describe('headers of a request', () => {
  it('keep the trace of the caller, with the span of the front end as the parent', async () => {
    // GIVEN
    const uri = await cloud.serve('echo', ECHO_HEADERS);

    // WHEN
    const seen = await headersAtContainer(uri, {
      traceparent: `00-${TRACE_ID}-${CALLER_SPAN_ID}-00`,
      tracestate: 'a=b',
    });

    // THEN
    const [, spanId = ''] =
      /^00-d4cda95b652f4a1592b449d5929fda1b-([0-9a-f]{16})-01$/.exec(seen['traceparent']?.[0] ?? '') ?? [];
    expect(spanId).not.toBe('');
    expect(spanId).not.toBe(CALLER_SPAN_ID);
    expect(seen['x-cloud-trace-context']).toEqual([`${TRACE_ID}/${BigInt(`0x${spanId}`)};o=1`]);
    expect(seen['tracestate']).toEqual(['a=b']);
    expect(await cloud.logged(isRequestLog)).toMatchObject({ traceId: TRACE_ID, spanId, traceSampled: true });
  });

  it('are answered with the id of their trace, whoever answers', async () => {
    const headers = { traceparent: `00-${TRACE_ID}-${CALLER_SPAN_ID}-00` };
    const open = await cloud.serve('echo', ECHO_HEADERS);
    const { uri: closed } = await cloud.run.create(
      cloud.spec('closed', 'echo', { invokerIamDisabled: false }),
    );
    for (const uri of [open, closed]) {
      expect((await fetch(uri, { headers })).headers.get('x-cloud-trace-context')).toBe(TRACE_ID);
    }
  });

  it.each([
    ['X-Cloud-Trace-Context alone', { 'x-cloud-trace-context': `${TRACE_ID}/7929822056569588882;o=0` }, true],
    ['a trace id without a span', { 'x-cloud-trace-context': TRACE_ID }, true],
    [
      'an invalid traceparent beside a valid one of the old kind',
      { traceparent: `00-${TRACE_ID}-zz-01`, 'x-cloud-trace-context': `${TRACE_ID}/1` },
      true,
    ],
    ['a traceparent of a later version', { traceparent: `cc-${TRACE_ID}-${CALLER_SPAN_ID}-01-more` }, true],
    [
      'a traceparent of version 00 with more fields',
      { traceparent: `00-${TRACE_ID}-${CALLER_SPAN_ID}-01-more` },
      false,
    ],
    ['a trace id of zeros', { traceparent: `00-${'0'.repeat(32)}-${CALLER_SPAN_ID}-01` }, false],
    ['15 kB of digits', { 'x-cloud-trace-context': `${TRACE_ID}/${'9'.repeat(15_000)}` }, false],
    ['no trace at all', {}, false],
  ])('have a trace for %s', async (_, headers, kept) => {
    const uri = await cloud.serve('echo', ECHO_HEADERS);
    const traceId = (await headersAtContainer(uri, headers))['traceparent']?.[0]?.split('-')[1];
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(traceId === TRACE_ID).toBe(kept);
  });

  it('say where the request came from and lose what belongs to the connection', async () => {
    // GIVEN
    const uri = await cloud.serve('echo', ECHO_HEADERS);
    const { host } = new URL(uri);

    // WHEN
    const sent = request(uri, {
      headers: {
        'X-Forwarded-For': '203.0.113.9',
        Connection: 'keep-alive, X-Private-To-Hop',
        'X-Private-To-Hop': '1',
        'X-Custom': ['a', 'b'],
        Authorization: 'Basic eDp5',
        Cookie: 'c=d',
        TE: 'trailers',
      },
    }).end();
    const response = await responseTo(sent);
    const seen: Headers = JSON.parse(await text(response));

    // THEN
    expect(seen).toMatchObject({
      host: [host],
      'x-forwarded-for': ['203.0.113.9, 127.0.0.1'],
      'x-forwarded-proto': ['http'],
      forwarded: ['for="127.0.0.1";proto=http'],
      via: ['1.1 google'],
      'x-custom': ['a', 'b'],
      authorization: ['Basic eDp5'],
      cookie: ['c=d'],
    });
    expect(Object.keys(seen)).not.toContain('x-private-to-hop');
    expect(Object.keys(seen)).not.toContain('te');
  });
});

describe('sampling', () => {
  it('marks at most one request of a burst, and records a span for it', async () => {
    // GIVEN
    const uri = await cloud.serve('burst', ECHO_HEADERS);

    // WHEN
    const traceparent = `00-${TRACE_ID}-${CALLER_SPAN_ID}-01`;
    const seen = await Promise.all(
      Array.from({ length: 30 }, () => headersAtContainer(`${uri}/burst?secret=1`, { traceparent })),
    );

    // THEN
    const sampled = seen
      .map((headers) => headers['traceparent']?.[0] ?? '')
      .filter((header) => header.endsWith('-01'));
    expect(sampled).toHaveLength(1);
    const entry = await cloud.logged((found) => isRequestLog(found) && found.traceSampled === true);
    expect(cloud.spans).toEqual([
      expect.objectContaining({
        traceId: TRACE_ID,
        spanId: sampled[0]?.split('-')[2],
        parentSpanId: CALLER_SPAN_ID,
        service: 'Cloud Run',
        name: 'burst /burst',
        kind: 'server',
        status: 'unset',
        attributes: expect.objectContaining({
          'http.response.status_code': 200,
          'g.co/r/cloud_run_revision/service_name': 'burst',
          'g.co/r/cloud_run_revision/revision_name': entry.revision,
        }),
      }),
    ]);
  });
});

describe('the request log', () => {
  it("has one entry in Cloud Logging's shape for each request", async () => {
    // GIVEN
    const uri = await cloud.serve(
      'logged',
      program(
        `(request, response) => { response.statusCode = Number(request.url.slice(1, 4)); response.end('four'); }`,
      ),
    );

    // WHEN
    for (const status of [200, 404, 500]) {
      await (
        await fetch(`${uri}/${status}?q=1`, {
          method: 'POST',
          body: 'abc',
          headers: { 'user-agent': 'test/1', referer: 'http://r/' },
        })
      ).text();
    }

    // THEN
    const entries = cloud.logs.filter(isRequestLog);
    expect(entries.map(({ severity, httpRequest }) => [severity, httpRequest?.['status']])).toEqual([
      ['INFO', 200],
      ['WARNING', 404],
      ['ERROR', 500],
    ]);
    expect(entries[0]).toMatchObject({
      service: 'logged',
      location: 'europe-west1',
      revision: expect.stringMatching(/^logged-00001-/),
      message: '',
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      httpRequest: {
        requestMethod: 'POST',
        requestUrl: `${uri}/200?q=1`,
        latency: expect.stringMatching(/^\d+\.\d+s$/),
        userAgent: 'test/1',
        referer: 'http://r/',
        remoteIp: '127.0.0.1',
        requestSize: '3',
        responseSize: '4',
        protocol: 'HTTP/1.1',
      },
    });
  });

  it('tells the account that an ID token proves and the context that the caller sent, and neither by what proves nothing', async () => {
    // GIVEN
    const uri = await cloud.serve('public', ECHO_HEADERS);
    const { uri: closed } = await cloud.run.create(
      cloud.spec('closed', 'public', { invokerIamDisabled: false }),
    );
    const account = `caller@${PROJECT}.iam.gserviceaccount.com`;
    const bearer = (audience: string) => `Bearer ${cloud.tokens.issueIdToken(account, audience)}`;
    const spanId = CALLER_SPAN_ID;

    // WHEN
    for (const [url, headers] of [
      [uri, { authorization: bearer(uri), traceparent: `00-${TRACE_ID}-${spanId}-01` }],
      [closed, { authorization: bearer(closed), traceparent: `00-${TRACE_ID}-${spanId}-00` }],
      [uri, { 'x-cloud-trace-context': `${TRACE_ID};o=1` }],
      [uri, { authorization: bearer(closed), traceparent: `00-${TRACE_ID}-nothing-01` }],
    ] as const) {
      await (await fetch(url, { headers })).text();
    }

    // THEN
    expect(cloud.logs.filter(isRequestLog).map(({ caller }) => caller)).toEqual([
      { account, context: { spanId, sampled: true } },
      // Refused, and known all the same.
      { account, context: { spanId, sampled: false } },
      { context: { sampled: true } },
      {},
    ]);
  });
});
