import { createHash, randomBytes } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { BUCKET, emailOf, jsonOf, startStorage, type StorageFixture } from './storage-fixture';

const OBJECTS = `/storage/v1/b/${BUCKET}/o`;
const UPLOAD = `/upload${OBJECTS}`;
const KIB = 1024;

interface ErrorBody {
  readonly error: {
    readonly code: number;
    readonly message: string;
    readonly errors: readonly Readonly<Record<string, string>>[];
  };
}

const send = (location: string, range: string, body?: Buffer) =>
  fetch(location, {
    method: 'PUT',
    headers: { 'content-range': range },
    ...(body ? { body: new Uint8Array(body) } : {}),
  });

describe('the JSON API of the local Cloud Storage', () => {
  let cloud: StorageFixture;

  beforeEach(async () => {
    cloud = await startStorage();
    cloud.grant('writer', 'roles/storage.objectUser');
  });

  afterEach(() => cloud.close());

  const put = (
    name: string,
    body: string | Uint8Array<ArrayBuffer>,
    query = '',
    headers: Record<string, string> = {},
  ) =>
    cloud.request('writer', `${UPLOAD}?uploadType=media&name=${encodeURIComponent(name)}${query}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'text/plain', ...headers },
    });
  const get = (name: string, query = '', headers: Record<string, string> = {}) =>
    cloud.request('writer', `${OBJECTS}/${encodeURIComponent(name)}${query}`, { headers });

  /** Starts a resumable upload and returns its address. */
  const start = async (query = '', headers: Record<string, string> = {}) => {
    const response = await cloud.request('writer', `${UPLOAD}?uploadType=resumable&name=big${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ metadata: { from: 'start' } }),
    });
    expect(response.status).toBe(200);
    return response.headers.get('location') ?? '';
  };
  /** Bytes of the uploads that are under way. */
  const stagedBytes = async (): Promise<number> => {
    const uploads = join(cloud.directory, BUCKET, 'uploads');
    const sizes = await Promise.all(
      (await readdir(uploads)).map(async (name) => (await stat(join(uploads, name))).size),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  };

  describe('answers errors as Google does', () => {
    it('for an object that does not exist', async () => {
      const response = await get('nothing.txt');

      expect(response.status).toBe(404);
      const message = `No such object: ${BUCKET}/nothing.txt`;
      expect(await jsonOf<ErrorBody>(response)).toEqual({
        error: { code: 404, message, errors: [{ message, domain: 'global', reason: 'notFound' }] },
      });
    });

    it('for a bucket that does not exist', async () => {
      const response = await cloud.request('writer', '/storage/v1/b/nowhere/o');

      expect(response.status).toBe(404);
      expect((await jsonOf<ErrorBody>(response)).error.message).toBe('The specified bucket does not exist.');
    });

    it.each<[object, number, string]>([
      [
        { softDeletePolicy: { retentionDurationSeconds: 60 } },
        400,
        'softDeletePolicy.retentionDurationSeconds',
      ],
      [{ versioning: { enabled: 'yes' } }, 400, 'versioning.enabled'],
      [
        { iamConfiguration: { publicAccessPrevention: 'on' } },
        400,
        'iamConfiguration.publicAccessPrevention',
      ],
      [{ iamConfiguration: 'private' }, 400, 'iamConfiguration.uniformBucketLevelAccess'],
      [{ lifecycle: { rule: 'delete' } }, 400, 'lifecycle.rule'],
      [{ storageClass: 'HOT' }, 400, 'storageClass'],
      [{ location: 'MARS' }, 400, 'location'],
      [{ labels: { a: 1 } }, 400, 'labels.a'],
      [{ name: undefined }, 400, 'name'],
      [{ retentionPolicy: { retentionPeriod: 60 } }, 501, 'retention policies'],
    ])('for a bucket with %j', async (fields, code, named) => {
      cloud.grantOnProject('owner', 'roles/storage.admin');

      const response = await cloud.request('owner', '/storage/v1/b?project=local-test', {
        method: 'POST',
        body: JSON.stringify({ name: 'state', ...fields }),
      });

      expect(response.status).toBe(code);
      expect((await jsonOf<ErrorBody>(response)).error.message).toContain(named);
      expect(cloud.storage.bucket('state')).toBeUndefined();
    });

    it('for a download, in plain words', async () => {
      const response = await get('nothing.txt', '?alt=media');

      expect([response.status, await response.text()]).toEqual([
        404,
        `No such object: ${BUCKET}/nothing.txt`,
      ]);
    });

    it('for a caller without a token', async () => {
      const response = await cloud.request(undefined, `${OBJECTS}/a.txt`);

      expect(response.status).toBe(401);
      const { error } = await jsonOf<ErrorBody>(response);
      expect(error.message).toBe(
        'Anonymous caller does not have storage.objects.get access to the Google Cloud Storage object. ' +
          "Permission 'storage.objects.get' denied on resource (or it may not exist).",
      );
      expect(error.errors[0]).toMatchObject({
        reason: 'required',
        locationType: 'header',
        location: 'Authorization',
      });
    });

    it('for a token that nobody holds', async () => {
      const response = await cloud.request(undefined, `${OBJECTS}/a.txt`, {
        headers: { authorization: 'Bearer forged' },
      });

      expect(response.status).toBe(401);
      expect((await jsonOf<ErrorBody>(response)).error).toMatchObject({
        message: 'Invalid Credentials',
        errors: [{ reason: 'authError' }],
      });
    });

    it('for a caller without a role', async () => {
      const response = await cloud.request('stranger', `${UPLOAD}?uploadType=media&name=a.txt`, {
        method: 'POST',
        body: 'x',
      });

      expect(response.status).toBe(403);
      expect((await jsonOf<ErrorBody>(response)).error).toMatchObject({
        message:
          `${emailOf('stranger')} does not have storage.objects.create access to the Google Cloud Storage object. ` +
          "Permission 'storage.objects.create' denied on resource (or it may not exist).",
        errors: [{ reason: 'forbidden', domain: 'global' }],
      });
    });

    it('by name for what is not modelled', async () => {
      const rewrite = await cloud.request('writer', `${OBJECTS}/a/rewriteTo/b/${BUCKET}/o/b`, {
        method: 'POST',
      });
      expect(rewrite.status).toBe(501);
      expect((await jsonOf<ErrorBody>(rewrite)).error.message).toContain('/rewriteTo/');

      const acl = await put('a.txt', 'x', '&predefinedAcl=publicRead');
      expect([acl.status, (await jsonOf<ErrorBody>(acl)).error.message]).toEqual([
        501,
        'The local cloud does not model access control lists of Cloud Storage.',
      ]);

      const key = await put('a.txt', 'x', '', { 'x-goog-encryption-key': 'k' });
      expect(key.status).toBe(501);
    });

    it.each([
      ['&ifGenerationMatch=-1', 'Invalid value for ifGenerationMatch: "-1"'],
      ['&ifGenerationMatch=', 'Invalid value for ifGenerationMatch: ""'],
    ])('for the query %s', async (query, message) => {
      const response = await put('a.txt', 'x', query);

      expect([response.status, (await jsonOf<ErrorBody>(response)).error.message]).toEqual([400, message]);
    });

    it.each(['.', '..', 'a\nb', '', 'x'.repeat(1025), '.well-known/acme-challenge/x'])(
      'for an object named %j',
      async (name) => {
        expect((await put(name, 'x')).status).toBe(400);
      },
    );
  });

  it('lets everybody read what allUsers may read, unless public access is prevented', async () => {
    await put('a.txt', 'public');
    cloud.grant('allUsers', 'roles/storage.objectViewer');
    expect((await cloud.request(undefined, `${OBJECTS}/a.txt?alt=media`)).status).toBe(200);

    const { record } = cloud.storage.requireBucket(BUCKET);
    cloud.storage.updateBucket(BUCKET, { ...record, publicAccessPrevention: 'enforced' });

    expect((await cloud.request(undefined, `${OBJECTS}/a.txt?alt=media`)).status).toBe(401);
    expect((await get('a.txt', '?alt=media')).status).toBe(200);
  });

  it('honours roles granted on the project', async () => {
    cloud.iam.addMember(
      '//cloudresourcemanager.googleapis.com/projects/local-test',
      'roles/storage.objectViewer',
      `serviceAccount:${emailOf('auditor')}`,
    );
    await put('a.txt', 'x');

    expect((await cloud.request('auditor', `${OBJECTS}/a.txt?alt=media`)).status).toBe(200);
  });

  it('serves overwritten generations by their number, and lists them when asked to', async () => {
    const { record } = cloud.storage.requireBucket(BUCKET);
    cloud.storage.updateBucket(BUCKET, { ...record, versioning: true });
    const first = await jsonOf<{ generation: string }>(await put('a.txt', 'one'));
    await put('a.txt', 'two');

    expect(await (await get('a.txt', '?alt=media')).text()).toBe('two');
    expect(await (await get('a.txt', `?alt=media&generation=${first.generation}`)).text()).toBe('one');
    const listed = await jsonOf<{ items: { generation: string; timeDeleted?: string }[] }>(
      await cloud.request('writer', `${OBJECTS}?versions=true`),
    );
    expect(listed.items.map(({ timeDeleted }) => timeDeleted !== undefined)).toEqual([true, false]);
  });

  describe('downloads', () => {
    it('with the checksums, the type and the generation in headers', async () => {
      const { generation } = await jsonOf<{ generation: string }>(await put('a.txt', 'hello'));

      const response = await get('a.txt', '?alt=media');

      const md5 = createHash('md5').update('hello').digest('base64');
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'text/plain',
        'content-length': '5',
        'x-goog-hash': `crc32c=mnG7TA==,md5=${md5}`,
        'x-goog-generation': generation,
        'x-goog-metageneration': '1',
        'x-goog-stored-content-encoding': 'identity',
      });
      expect(await response.text()).toBe('hello');
    });

    it.each([
      ['bytes=0-0', 206, '0', 'bytes 0-0/10'],
      ['bytes=4-', 206, '456789', 'bytes 4-9/10'],
      ['bytes=8-99', 206, '89', 'bytes 8-9/10'],
      ['bytes=-4', 206, '6789', 'bytes 6-9/10'],
      ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
      ['bytes=5-4', 200, '0123456789', null],
      ['lines=1-2', 200, '0123456789', null],
      ['bytes=10-', 416, 'The requested range cannot be satisfied.', null],
      ['bytes=-0', 416, 'The requested range cannot be satisfied.', null],
    ])('the range %s', async (range, status, body, contentRange) => {
      await put('a.txt', '0123456789');

      const response = await get('a.txt', '?alt=media', { range });

      expect(response.status).toBe(status);
      expect(response.headers.get('content-range')).toBe(contentRange);
      expect(await response.text()).toBe(body);
    });

    it('answer 304 to a reader who has the generation already', async () => {
      const { generation } = await jsonOf<{ generation: string }>(await put('a.txt', 'x'));

      expect((await get('a.txt', `?ifGenerationNotMatch=${generation}`)).status).toBe(304);
      expect((await get('a.txt', `?ifGenerationNotMatch=1`)).status).toBe(200);
      expect((await get('a.txt', `?ifGenerationMatch=1`)).status).toBe(412);
      expect((await get('a.txt', `?ifMetagenerationMatch=2`)).status).toBe(412);
    });

    it('unpack gzip for whoever does not take it', async () => {
      await put('a.txt', new Uint8Array(gzipSync('unpacked')), '&contentEncoding=gzip');

      const plain = await get('a.txt', '?alt=media', { 'accept-encoding': 'identity' });
      expect(plain.headers.get('content-encoding')).toBeNull();
      expect(await plain.text()).toBe('unpacked');
      const packed = await get('a.txt', '?alt=media', { 'accept-encoding': 'gzip' });
      expect(packed.headers.get('content-encoding')).toBe('gzip');
      expect(packed.headers.get('x-goog-stored-content-encoding')).toBe('gzip');
      expect(await packed.text()).toBe('unpacked');
    });

    it('from the media link as well', async () => {
      const { mediaLink } = await jsonOf<{ mediaLink: string }>(await put('a b/c', 'x'));

      const { pathname, search } = new URL(mediaLink);
      expect(await (await cloud.request('writer', pathname + search)).text()).toBe('x');
    });
  });

  describe('uploads', () => {
    it.each([
      ['x-goog-hash', 'md5=AAAAAAAAAAAAAAAAAAAAAA=='],
      ['x-goog-hash', 'crc32c=AAAAAA=='],
      ['content-md5', 'AAAAAAAAAAAAAAAAAAAAAA=='],
    ])('are refused when the header %s declares %s and it is not so', async (header, value) => {
      const response = await put('a.txt', 'hello', '', { [header]: value });

      expect(response.status).toBe(400);
      expect((await jsonOf<ErrorBody>(response)).error.message).toContain("doesn't match calculated");
      expect((await get('a.txt')).status).toBe(404);
    });

    it('take declared checksums that are right', async () => {
      const md5 = createHash('md5').update('hello').digest('base64');

      expect((await put('a.txt', 'hello', '', { 'x-goog-hash': `crc32c=mnG7TA==, md5=${md5}` })).status).toBe(
        200,
      );
    });

    it('take a multipart body whose content looks like a boundary', async () => {
      const content = '--other\r\n\r\n--edge-not\r\n';
      const body =
        '--edge\r\nContent-Type: application/json\r\n\r\n{"name":"a.txt","md5Hash":null}\r\n' +
        `--edge\r\ncontent-type: text/csv\r\n\r\n${content}\r\n--edge--`;

      const response = await cloud.request('writer', `${UPLOAD}?uploadType=multipart`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'multipart/related; boundary="edge"' },
      });

      expect(await response.json()).toMatchObject({ name: 'a.txt', contentType: 'text/csv' });
      expect(await (await get('a.txt', '?alt=media')).text()).toBe(content);
    });

    it.each([
      ['without a boundary', 'multipart/related', '--edge--'],
      ['that ends too early', 'multipart/related; boundary=edge', '--edge\r\n\r\n{}\r\n--edge\r\n\r\nx'],
      ['with one part', 'multipart/related; boundary=edge', '--edge\r\n\r\n{}\r\n--edge--'],
      [
        'whose resource is no JSON',
        'multipart/related; boundary=edge',
        '--edge\r\n\r\n{\r\n--edge\r\n\r\nx\r\n--edge--',
      ],
    ])('refuse a multipart body %s', async (_what, contentType, body) => {
      const response = await cloud.request('writer', `${UPLOAD}?uploadType=multipart&name=a`, {
        method: 'POST',
        body,
        headers: { 'content-type': contentType },
      });

      expect(response.status).toBe(400);
    });
  });

  describe('a resumable upload', () => {
    it('is sent to the host that the client has used', async () => {
      const location = await start();

      expect(new URL(location).origin).toBe(cloud.origin);
      const [, authority = ''] = cloud.origin.split('//');
      const named = await new Promise<string | undefined>((resolve, reject) => {
        httpRequest(
          `${cloud.origin}${UPLOAD}?uploadType=resumable&name=big`,
          {
            method: 'POST',
            headers: {
              authorization: 'Bearer token-of-writer',
              host: `storage.test:${authority.split(':')[1]}`,
            },
          },
          (response) => {
            response.resume();
            resolve(response.headers.location);
          },
        )
          .on('error', reject)
          .end();
      });
      expect(named).toMatch(/^http:\/\/storage\.test:\d+\/upload\//);
    });

    it('grows chunk by chunk, tells how far it is, and ends with the object', async () => {
      const content = randomBytes(600 * KIB);
      const location = await start('', { 'x-upload-content-type': 'application/pdf' });

      const before = await send(location, 'bytes */*');
      expect([before.status, before.headers.get('range')]).toEqual([308, null]);
      const first = await send(location, 'bytes 0-262143/*', content.subarray(0, 256 * KIB));
      expect([first.status, first.headers.get('range')]).toEqual([308, 'bytes=0-262143']);
      const asked = await send(location, 'bytes */614400');
      expect([asked.status, asked.headers.get('range')]).toEqual([308, 'bytes=0-262143']);
      // Sent again from an offset that the server has passed: what it knows is skipped.
      const last = await send(location, 'bytes 131072-614399/614400', content.subarray(128 * KIB));

      expect(last.status).toBe(200);
      expect(await last.json()).toMatchObject({
        name: 'big',
        size: '614400',
        contentType: 'application/pdf',
        metadata: { from: 'start' },
        md5Hash: createHash('md5').update(content).digest('base64'),
      });
      const afterwards = await send(location, 'bytes */*');
      expect([afterwards.status, await afterwards.json()]).toEqual([
        200,
        expect.objectContaining({ name: 'big' }),
      ]);
    });

    it('keeps what arrived before the connection broke, and goes on from there', async () => {
      const content = randomBytes(1000 * KIB);
      const location = await start();
      const broken = httpRequest(location, {
        method: 'PUT',
        headers: {
          'content-range': `bytes 0-${content.length - 1}/${content.length}`,
          'content-length': content.length,
        },
      });
      broken.on('error', () => undefined);
      broken.write(content.subarray(0, 300 * KIB));
      await until(async () => (await stagedBytes()) === 300 * KIB);
      broken.destroy();

      const asked = await send(location, 'bytes */*');
      expect([asked.status, asked.headers.get('range')]).toEqual([308, `bytes=0-${300 * KIB - 1}`]);
      const rest = await send(
        location,
        `bytes ${300 * KIB}-*/${content.length}`,
        content.subarray(300 * KIB),
      );

      expect(rest.status).toBe(200);
      const downloaded = await get('big', '?alt=media');
      expect(Buffer.from(await downloaded.arrayBuffer()).equals(content)).toBe(true);
    });

    it('takes over from a request that hangs', async () => {
      const location = await start();
      const hanging = httpRequest(location, { method: 'PUT', headers: { 'content-range': 'bytes 0-*/*' } });
      const ended = new Promise<void>((resolve) => {
        hanging.on('error', () => resolve());
      });
      hanging.write('hanging');
      await until(async () => (await stagedBytes()) === 7);

      const asked = await send(location, 'bytes */*');

      expect(asked.headers.get('range')).toBe('bytes=0-6');
      await ended;
    });

    it.each([
      ['a gap', 'bytes 10-19/20', 10, 'exceeds already uploaded size of 0 byte(s)'],
      ['a body longer than its range', 'bytes 0-4/20', 10, 'There should have been 5 byte(s)'],
      ['a body shorter than its range', 'bytes 0-19/20', 10, 'There should have been 20 byte(s)'],
      ['a chunk that is no multiple of 256 KiB', 'bytes 0-9/*', 10, 'multiple of 262144'],
      ['a range that is none', 'bytes zero-nine/10', 10, 'Failed to parse Content-Range header'],
    ])('refuses %s', async (_what, range, bytes, message) => {
      const response = await send(await start(), range, Buffer.alloc(bytes));

      expect(response.status).toBe(400);
      expect((await jsonOf<ErrorBody>(response)).error.message).toContain(message);
    });

    it('checks its preconditions at the end, and the checksum of the last request', async () => {
      const location = await start('&ifGenerationMatch=0');
      await put('big', 'in between');
      expect((await send(location, 'bytes 0-0/1', Buffer.from('x'))).status).toBe(412);

      const other = await start();
      const response = await fetch(other, {
        method: 'PUT',
        headers: { 'content-range': 'bytes 0-0/1', 'x-goog-hash': 'crc32c=AAAAAA==' },
        body: 'x',
      });
      expect(response.status).toBe(400);
      expect(await (await get('big', '?alt=media')).text()).toBe('in between');
    });

    it('is refused at its start where the precondition fails already', async () => {
      await put('big', 'there');

      const response = await cloud.request(
        'writer',
        `${UPLOAD}?uploadType=resumable&name=big&ifGenerationMatch=0`,
        {
          method: 'POST',
        },
      );

      expect(response.status).toBe(412);
    });

    it('is not found by another id', async () => {
      expect((await send(`${cloud.origin}${UPLOAD}?upload_id=other`, 'bytes */*')).status).toBe(404);
    });
  });

  describe('an injected fault', () => {
    it('hits as many requests as it was told, and only those that match', async () => {
      cloud.storage.injectFault({ method: 'GET', objectPrefix: 'a/', status: 503, times: 2 });
      await put('a/1', 'x');
      await put('b/1', 'x');

      expect((await get('b/1')).status).toBe(200);
      const failed = await get('a/1');
      expect([failed.status, failed.headers.get('retry-after')]).toEqual([503, null]);
      expect((await jsonOf<ErrorBody>(failed)).error.errors[0]).toMatchObject({
        reason: 'backendError',
        domain: 'global',
      });
      expect((await get('a/2')).status).toBe(503);
      expect((await get('a/1')).status).toBe(200);
    });

    it('says when to come back where it was told to', async () => {
      cloud.storage.injectFault({ status: 429, times: 1, retryAfterSec: 3 });

      const response = await cloud.request('writer', OBJECTS);

      expect([response.status, response.headers.get('retry-after')]).toEqual([429, '3']);
    });
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}
