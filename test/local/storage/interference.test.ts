import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { responseTo } from '../run/cloud-run-fixture';
import { type StorageFixture, startStorage } from './storage-fixture';

const TRACE_ID = 'd4cda95b652f4a1592b449d5929fda1b';
const CALLER_SPAN_ID = '6e0c63257de34c92';
const IN_TRACE = { traceparent: `00-${TRACE_ID}-${CALLER_SPAN_ID}-01` };
const UPLOAD = '/upload/storage/v1/b/docs/o?uploadType=media&name=a';
const OBJECT = '/storage/v1/b/docs/o/a';
const MEDIA = `${OBJECT}?alt=media`;
const KIB_600 = Buffer.alloc(600 * 1024, 'x');

let cloud: StorageFixture;
beforeEach(async () => {
  cloud = await startStorage();
  cloud.grant('writer', 'roles/storage.objectAdmin');
});
afterEach(() => cloud.close());

function upload(body: Buffer | string, headers: Record<string, string> = {}): Promise<Response> {
  return cloud.request('writer', UPLOAD, { method: 'POST', body, headers });
}

describe('a call from another region than the bucket', () => {
  it('takes the way there and back, and says so to its caller and in its trace', async () => {
    // GIVEN
    cloud.runIn('writer', 'europe-north1');

    // WHEN
    const first = await upload('x', IN_TRACE);

    // THEN a new connection takes two round trips more than the request
    expect(first.status).toBe(200);
    expect(first.headers.get('server-timing')).toBe('region;desc="europe-north1 to europe-west1";dur=102');
    const [span] = cloud.spans;
    expect(span).toMatchObject({
      traceId: TRACE_ID,
      parentSpanId: CALLER_SPAN_ID,
      service: 'Cloud Storage',
      name: 'storage.objects.insert',
      status: 'unset',
      attributes: {
        'gcp.storage.bucket': 'docs',
        'gcp.storage.bucket.location': 'EUROPE-WEST1',
        'http.response.status_code': 200,
        'local_cloud.latency_ms': 102,
        'local_cloud.caller_region': 'europe-north1',
        'local_cloud.region': 'europe-west1',
      },
    });
    // A timer may be a millisecond early.
    expect((span?.endUnixNano ?? 0n) - (span?.startUnixNano ?? 0n)).toBeGreaterThan(100_000_000n);
  });

  it('takes one round trip on a connection that is open', async () => {
    cloud.runIn('writer', 'europe-north1');
    const agent = new Agent({ keepAlive: true });
    const options = { agent, headers: { authorization: 'Bearer token-of-writer' } };
    const seen: unknown[] = [];
    for (let count = 0; count < 2; count += 1) {
      const response = await responseTo(request(`${cloud.origin}${OBJECT}`, options).end());
      await text(response);
      seen.push(response.headers['server-timing']);
    }
    agent.destroy();
    expect(seen).toEqual([expect.stringContaining('dur=102'), expect.stringContaining('dur=34')]);
  });

  it('is told in no trace where the caller sends none', async () => {
    cloud.runIn('writer', 'europe-north1');
    await upload('x');
    expect(cloud.spans).toEqual([]);
  });
});

it.each([
  ['the same region', 'europe-west1', 'europe-west1'],
  ['a region of its dual-region', 'europe-west4', 'EUR4'],
  ['a region of its multi-region', 'europe-west12', 'EU'],
  ['a region that no table has', 'moon-north1', 'europe-west1'],
])('a call from %s as the bucket takes no longer', async (_what, region, location) => {
  cloud.storage.createBucket({ ...cloud.storage.requireBucket('docs').record, name: 'near', location });
  cloud.runIn('writer', region);
  const response = await cloud.request('writer', '/storage/v1/b/near/o');
  expect(response.headers.get('server-timing')).toBeNull();
});

it('a call to a multi-region goes to its nearest region', async () => {
  cloud.storage.createBucket({
    ...cloud.storage.requireBucket('docs').record,
    name: 'union',
    location: 'EU',
  });
  cloud.runIn('writer', 'europe-west2');
  const response = await cloud.request('writer', '/storage/v1/b/union/o');
  expect(response.headers.get('server-timing')).toMatch(/^region;desc="europe-west2 to europe-/);
});

describe('a fault of a rule', () => {
  it('is told to the caller and in the trace', async () => {
    // GIVEN
    cloud.storage.injectFault({ latencyMs: 5, status: 503, nth: 2 });
    expect((await upload('x', IN_TRACE)).status).toBe(200);

    // WHEN
    const response = await upload('x', IN_TRACE);

    // THEN
    expect(response.status).toBe(503);
    expect(response.headers.get('server-timing')).toBe('fault;desc="latency 5 ms and status 503"');
    expect(cloud.spans).toMatchObject([
      {
        parentSpanId: CALLER_SPAN_ID,
        status: 'error',
        attributes: {
          'http.response.status_code': 503,
          'local_cloud.fault': 'latency 5 ms and status 503',
        },
      },
    ]);
    expect((await upload('x')).status).toBe(200);
  });

  it('resets the connection before the request is handled', async () => {
    cloud.storage.injectFault({ connection: 'reset', times: 1 });
    await expect(upload('x', IN_TRACE)).rejects.toThrow('fetch failed');
    expect(cloud.spans).toMatchObject([{ status: 'error', attributes: { 'local_cloud.fault': 'reset' } }]);
    expect((await cloud.request('writer', OBJECT)).status).toBe(404);
  });

  it('breaks a download off after as much as it lets through', async () => {
    await upload(KIB_600);
    cloud.storage.injectFault({ method: 'GET', connection: 'abort', afterBytes: 1000 });
    const response = await cloud.request('writer', MEDIA);
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '614400']);
    await expect(response.text()).rejects.toThrow('terminated');
  });

  it('of another bucket does not matter', async () => {
    cloud.storage.injectFault({ bucket: 'other', status: 503 });
    expect((await upload('x')).status).toBe(200);
  });
});

describe('an instruction of the official test bench', () => {
  it.each([
    ['return-429', 429],
    ['return-503-after-256K', 503],
    ['return-503-after-256K/retry-2', 503],
    ['return-503-after-256K/retry-3', 200],
    ['return-500-after-900K', 200],
    ['stall-for-0s-after-12K', 200],
  ])('%s of an upload answers %i', async (instruction, status) => {
    const response = await upload(KIB_600, { 'x-goog-emulator-instructions': instruction });
    expect(response.status).toBe(status);
  });

  it.each(['return-reset-connection', 'return-broken-stream-final-chunk-after-1000B'])(
    '%s of an upload leaves no object',
    async (instruction) => {
      await expect(upload(KIB_600, { 'x-goog-emulator-instructions': instruction })).rejects.toThrow(
        'fetch failed',
      );
      expect((await cloud.request('writer', OBJECT)).status).toBe(404);
    },
  );

  it('return-broken-stream-after-256K lets exactly that much of a download through', async () => {
    await upload(KIB_600);
    const asked = request(`${cloud.origin}${MEDIA}`, {
      headers: {
        authorization: 'Bearer token-of-writer',
        'x-goog-emulator-instructions': 'return-broken-stream-after-256K',
      },
    }).end();
    const response = await responseTo(asked);
    let bytes = 0;
    response.on('data', (chunk: Buffer) => (bytes += chunk.length));
    await expect(text(response)).rejects.toThrow('aborted');
    expect(bytes).toBe(256 * 1024);
  });

  it('that is not modelled is refused by its name', async () => {
    const response = await upload('x', { 'x-goog-emulator-instructions': 'return-corrupted-data' });
    expect(response.status).toBe(501);
    expect(await response.text()).toContain("'return-corrupted-data' in x-goog-emulator-instructions");
  });
});

it('what a broken resumable upload has received is kept', async () => {
  // GIVEN
  const begun = await cloud.request('writer', UPLOAD.replace('media', 'resumable'), { method: 'POST' });
  const location = begun.headers.get('location') ?? '';

  // WHEN
  const broken = await fetch(location, {
    method: 'PUT',
    body: KIB_600,
    headers: { 'x-goog-emulator-instructions': 'return-503-after-256K' },
  });
  await broken.text();

  // THEN
  const asked = await fetch(location, { method: 'PUT', headers: { 'content-range': 'bytes */614400' } });
  expect([broken.status, asked.status, asked.headers.get('range')]).toEqual([503, 308, 'bytes=0-262143']);
});
