import { CloudRunFixture, isRequestLog, program } from './cloud-run-fixture';

const TRACE_ID = 'd4cda95b652f4a1592b449d5929fda1b';
const CALLER_SPAN_ID = '6e0c63257de34c92';
const CALLER = 'caller@local-test.iam.gserviceaccount.com';
const ANSWER = program(`(request, response) => {
  console.log('got ' + request.headers.traceparent);
  response.end('x'.repeat(5000));
}`);

let cloud: CloudRunFixture;
beforeEach(async () => {
  cloud = await CloudRunFixture.open();
});
afterEach(() => cloud.dispose());

/** A call by an instance in `region`, within a trace. */
function callFrom(region: string, uri: string): Promise<Response> {
  const token = cloud.tokens.issueIdToken(CALLER, uri, region);
  const traceparent = `00-${TRACE_ID}-${CALLER_SPAN_ID}-01`;
  return fetch(uri, { headers: { authorization: `Bearer ${token}`, traceparent } });
}

describe('a call from another region than the service', () => {
  it('takes the way there and back, and says so to its caller and in its trace', async () => {
    const uri = await cloud.serve('far', ANSWER);
    // The front end samples the first request anyway.
    await fetch(uri);

    const response = await callFrom('europe-north1', uri);

    expect(response.status).toBe(200);
    expect(response.headers.get('server-timing')).toMatch(
      /^region;desc="europe-north1 to europe-west1";dur=(34|102)$/,
    );
    await response.text();
    await cloud.logged(({ log, traceId }) => log === 'requests' && traceId === TRACE_ID);
    expect(cloud.peerSpans).toMatchObject([
      {
        traceId: TRACE_ID,
        parentSpanId: CALLER_SPAN_ID,
        service: 'Cloud Run',
        attributes: {
          'local_cloud.latency_ms': expect.any(Number),
          'local_cloud.caller_region': 'europe-north1',
          'local_cloud.region': 'europe-west1',
        },
      },
    ]);
  });

  it('takes no longer in the same region', async () => {
    const uri = await cloud.serve('near', ANSWER);
    const response = await callFrom('europe-west1', uri);
    expect([response.status, response.headers.get('server-timing')]).toEqual([200, null]);
  });
});

describe('a fault of a rule', () => {
  it('answers for the container, and the front end begins the trace of a caller from outside', async () => {
    const uri = await cloud.serve('faulty', ANSWER);
    await fetch(uri);
    cloud.faults.add({ service: 'faulty', pathPrefix: '/a', status: 503, retryAfterSec: 2, times: 1 });

    expect((await fetch(`${uri}/b`)).status).toBe(200);
    const response = await fetch(`${uri}/a`);

    expect([response.status, await response.text()]).toEqual([503, 'injected fault']);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(response.headers.get('server-timing')).toBe('fault;desc="status 503"');
    const entry = await cloud.logged(({ httpRequest }) => httpRequest?.status === 503);
    expect(entry).toMatchObject({ message: 'an injected fault answered 503', traceSampled: true });
    expect(cloud.spans.at(-1)).toMatchObject({
      traceId: entry.traceId,
      status: 'error',
      attributes: { 'local_cloud.fault': 'status 503' },
    });
    expect((await fetch(`${uri}/a`)).status).toBe(200);
  });

  it('lets a late request through with its span as the parent of the container’s', async () => {
    const uri = await cloud.serve('late', ANSWER);
    await fetch(uri);
    cloud.faults.add({ service: '*', latencyMs: 5 });

    await (await fetch(uri)).text();

    await cloud.logged(() => cloud.logs.filter(isRequestLog).length === 2);
    const span = cloud.spans.at(-1);
    expect(span?.attributes).toMatchObject({ 'local_cloud.fault': 'latency 5 ms' });
    await cloud.line(`got 00-${span?.traceId}-${span?.spanId}-01`);
  });

  it('resets the connection before the container has the request', async () => {
    const uri = await cloud.serve('reset', ANSWER);
    cloud.faults.add({ service: 'reset', connection: 'reset' });

    await expect(callFrom('europe-west1', uri)).rejects.toThrow('fetch failed');

    await cloud.logged(({ message }) => message === 'an injected fault reset the connection');
    expect(cloud.logs.some(({ message }) => message.startsWith('got'))).toBe(false);
    expect(cloud.peerSpans).toMatchObject([
      { parentSpanId: CALLER_SPAN_ID, attributes: { 'local_cloud.fault': 'reset' } },
    ]);
  });

  it('breaks the answer of the container off', async () => {
    const uri = await cloud.serve('broken', ANSWER);
    cloud.faults.add({ service: 'broken', connection: 'abort', afterBytes: 10 });

    const response = await fetch(uri);

    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
    await cloud.logged(({ message }) => message === 'an injected fault broke the response off');
  });
});
