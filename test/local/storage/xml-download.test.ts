import { BUCKET, startStorage, type StorageFixture } from './storage-fixture';

const xmlError = (code: string, message: string): string =>
  `<?xml version='1.0' encoding='UTF-8'?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;

describe('a download by the XML API of the local Cloud Storage', () => {
  let cloud: StorageFixture;

  beforeEach(async () => {
    cloud = await startStorage({ versioning: true });
    cloud.grant('writer', 'roles/storage.objectUser');
    const object = cloud.client('writer').bucket(BUCKET).file('a/b & c.txt');
    await object.save('first', { resumable: false, contentType: 'text/plain' });
    await object.save('second', { resumable: false, contentType: 'text/plain' });
  });

  afterEach(() => cloud.close());

  it.each(['a/b%20&%20c.txt', 'a%2Fb%20%26%20c.txt'])(
    'is the content of %s with its headers',
    async (path) => {
      const response = await cloud.request('writer', `/${BUCKET}/${path}`);

      expect([response.status, await response.text()]).toEqual([200, 'second']);
      const { generation } = cloud.storage.requireBucket(BUCKET).require('a/b & c.txt');
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'text/plain',
        'x-goog-generation': String(generation),
        'x-goog-stored-content-length': '6',
        'x-goog-hash': expect.stringMatching(/^crc32c=.*,md5=/),
      });
    },
  );

  it('is an old version, or a range, where that is asked for', async () => {
    const [first] = cloud.storage.requireBucket(BUCKET).list({ versions: true });

    const old = await cloud.request('writer', `/${BUCKET}/a/b & c.txt?generation=${first?.generation}`);
    const range = await cloud.request('writer', `/${BUCKET}/a/b & c.txt`, {
      headers: { range: 'bytes=0-2' },
    });

    expect(await old.text()).toBe('first');
    expect([range.status, await range.text()]).toEqual([206, 'sec']);
  });

  it.each<[string, string, number, string]>([
    [
      'an object that is not there',
      `/${BUCKET}/a<b`,
      404,
      xmlError('NoSuchKey', `No such object: ${BUCKET}/a&lt;b`),
    ],
    [
      'a bucket that is not there',
      '/nowhere/a',
      404,
      xmlError('NoSuchBucket', 'The specified bucket does not exist.'),
    ],
    [
      'a generation that is none',
      `/${BUCKET}/a?generation=x`,
      400,
      xmlError('InvalidArgument', 'Invalid value for generation: "x"'),
    ],
  ])('fails in XML for %s', async (_, path, status, body) => {
    const response = await cloud.request('writer', path);

    expect([response.status, response.headers.get('content-type')]).toEqual([
      status,
      'application/xml; charset=UTF-8',
    ]);
    expect(await response.text()).toBe(body);
  });

  it('breaks off where a fault cuts its content', async () => {
    cloud.storage.injectFault({ method: 'GET', connection: 'abort', afterBytes: 3 });

    const response = await cloud.request('writer', `/${BUCKET}/a/b & c.txt`);

    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
  });

  it('is for those who may read', async () => {
    const response = await cloud.request('stranger', `/${BUCKET}/a/b & c.txt`);

    expect(response.status).toBe(403);
    expect(await response.text()).toContain('<Code>AccessDenied</Code>');
  });

  it('says so where it does not model a condition', async () => {
    const response = await cloud.request('writer', `/${BUCKET}/a/b & c.txt`, {
      headers: { 'x-goog-if-generation-match': '1' },
    });

    expect(response.status).toBe(501);
    expect(await response.text()).toContain('x-goog-if-generation-match');
  });
});
