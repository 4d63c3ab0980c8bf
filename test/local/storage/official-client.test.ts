import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type GetFilesResponse, IdempotencyStrategy, type Storage } from '@google-cloud/storage';
import { BUCKET, emailOf, errorOf, startStorage, type StorageFixture } from './storage-fixture';

const KIB = 1024;

describe('the official client against the local Cloud Storage', () => {
  let cloud: StorageFixture;
  let client: Storage;

  beforeEach(async () => {
    cloud = await startStorage();
    cloud.grant('writer', 'roles/storage.objectUser');
    client = cloud.client('writer', {
      // One second is the shortest wait the client takes.
      retryOptions: { maxRetryDelay: 1, idempotencyStrategy: IdempotencyStrategy.RetryAlways },
    });
  });

  afterEach(() => cloud.close());

  const file = (name: string) => client.bucket(BUCKET).file(name);

  describe.each([
    ['resumable in one piece', { resumable: true }, [0, 1, 256 * KIB, 700 * KIB]],
    // Of nothing at all the client makes the range "bytes 0--1/0", which is no range.
    ['resumable in chunks', { resumable: true, chunkSize: 256 * KIB }, [1, 256 * KIB, 700 * KIB]],
    ['multipart', { resumable: false }, [0, 1, 256 * KIB, 700 * KIB]],
  ])('an upload that is %s', (_kind, options, sizes) => {
    it.each(sizes)('stores %d bytes and gives them back checked', async (size) => {
      const content = randomBytes(size);

      await file('folder/a b.bin').save(content, {
        ...options,
        validation: 'crc32c',
        contentType: 'application/pdf',
        metadata: { metadata: { source: 'test' }, cacheControl: 'private' },
      });

      const [downloaded] = await file('folder/a b.bin').download({ validation: 'md5' });
      expect(downloaded.equals(content)).toBe(true);
      const [metadata] = await file('folder/a b.bin').getMetadata();
      expect(metadata).toMatchObject({
        kind: 'storage#object',
        bucket: BUCKET,
        name: 'folder/a b.bin',
        size: String(size),
        contentType: 'application/pdf',
        cacheControl: 'private',
        storageClass: 'STANDARD',
        metageneration: '1',
        metadata: { source: 'test' },
        md5Hash: createHash('md5').update(content).digest('base64'),
      });
      expect(String(metadata.generation)).toMatch(/^\d{16}$/);
    });
  });

  it('refuses a write whose generation does not match, in every kind of upload', async () => {
    await file('a.txt').save('one', { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } });

    for (const resumable of [true, false]) {
      const error = await errorOf(
        file('a.txt').save('two', { resumable, preconditionOpts: { ifGenerationMatch: 0 } }),
      );
      expect(error.code).toBe(412);
    }

    const [metadata] = await file('a.txt').getMetadata();
    await file('a.txt').save('three', {
      resumable: false,
      preconditionOpts: { ifGenerationMatch: Number(metadata.generation) },
    });
    expect(String((await file('a.txt').download())[0])).toBe('three');
  });

  it('reads a range', async () => {
    await file('a.txt').save('0123456789', { resumable: false });

    expect(String((await file('a.txt').download({ start: 2, end: 4 }))[0])).toBe('234');
    expect(String((await file('a.txt').download({ start: 7 }))[0])).toBe('789');
    expect(String((await file('a.txt').download({ end: -3 }))[0])).toBe('789');
    expect(await errorOf(file('a.txt').download({ start: 10 }))).toMatchObject({ code: 416 });
  });

  it('says whether an object exists, deletes it, and says so', async () => {
    await file('a.txt').save('x', { resumable: false });
    expect(await file('a.txt').exists()).toEqual([true]);

    await file('a.txt').delete();

    expect(await file('a.txt').exists()).toEqual([false]);
    expect(await errorOf(file('a.txt').delete())).toMatchObject({
      code: 404,
      message: `No such object: ${BUCKET}/a.txt`,
    });
    expect(await errorOf(file('a.txt').download())).toMatchObject({
      code: 404,
      message: `No such object: ${BUCKET}/a.txt`,
    });
  });

  it('merges metadata, removes what is set to null, and counts the metageneration', async () => {
    await file('a.txt').save('x', { resumable: false, metadata: { metadata: { kept: '1', gone: '2' } } });

    await file('a.txt').setMetadata({ cacheControl: 'no-cache', metadata: { gone: null, added: '3' } });

    const [metadata] = await file('a.txt').getMetadata();
    expect(metadata).toMatchObject({ metageneration: '2', cacheControl: 'no-cache' });
    expect(metadata.metadata).toEqual({ kept: '1', added: '3' });
    expect(
      await errorOf(file('a.txt').setMetadata({ cacheControl: 'x' }, { ifMetagenerationMatch: 1 })),
    ).toMatchObject({ code: 412 });
  });

  it('lists by the bytes of the names, page by page, with prefixes folded', async () => {
    const names = ['a/1', 'a/2', 'a/b/3', 'b', 'ä', '\u{ff5e}', '\u{1f600}'];
    for (const name of names.toReversed()) await file(name).save(name, { resumable: false });

    const [all] = await client.bucket(BUCKET).getFiles();
    expect(all.map((each) => each.name)).toEqual(names);

    const [files, , response] = await client.bucket(BUCKET).getFiles({ delimiter: '/', autoPaginate: false });
    expect(files.map((each) => each.name)).toEqual(['b', 'ä', '\u{ff5e}', '\u{1f600}']);
    expect(response).toMatchObject({ prefixes: ['a/'] });

    const [below] = await client.bucket(BUCKET).getFiles({ prefix: 'a/', delimiter: '/' });
    expect(below.map((each) => each.name)).toEqual(['a/1', 'a/2']);

    const pages: string[][] = [];
    let query: object | null = { delimiter: '/', maxResults: 2, autoPaginate: false };
    while (query !== null) {
      const answer: GetFilesResponse = await client.bucket(BUCKET).getFiles(query);
      const [page, next, body] = answer;
      // The client leaves prefixes to those who read the API's answer.
      const { prefixes = [] }: { prefixes?: string[] } = JSON.parse(JSON.stringify(body));
      pages.push([...prefixes, ...page.map((each) => each.name)]);
      query = next;
    }
    expect(pages).toEqual([['a/', 'b'], ['ä', '\u{ff5e}'], ['\u{1f600}']]);
  });

  it.each([
    '../../etc/passwd',
    '/absolute',
    'a//b',
    '.hidden',
    '%2e%2e',
    'a?b#c&d=e',
    'ümläut/日本/😀',
    'con',
    'x'.repeat(1024),
  ])('stores an object named %j inside the bucket', async (name) => {
    await file(name).save(name, { resumable: true });

    expect(String((await file(name).download())[0])).toBe(name);
    const [files] = await client.bucket(BUCKET).getFiles();
    expect(files.map((each) => each.name)).toEqual([name]);
  });

  it.each([
    ['multipart', { resumable: false }, 'POST', 2],
    ['the start of a resumable upload', { resumable: true }, 'POST', 2],
    ['a chunk of a resumable upload', { resumable: true, chunkSize: 256 * KIB }, 'PUT', 1],
  ])('goes on after %s was answered with 503', async (_kind, options, method, times) => {
    const content = randomBytes(600 * KIB);
    const path = join(cloud.directory, 'upload.bin');
    await writeFile(path, content);
    cloud.storage.injectFault({ method, objectPrefix: 'big', status: 503, times });

    await client.bucket(BUCKET).upload(path, { destination: 'big.bin', ...options });

    expect(cloud.storage.takeFault(method, 'docs', 'big.bin')).toBeUndefined();
    expect((await file('big.bin').download())[0].equals(content)).toBe(true);
  });

  it('lets objectCreator create and not overwrite, read, list or delete', async () => {
    cloud.grant('creator', 'roles/storage.objectCreator');
    const created = cloud.client('creator').bucket(BUCKET).file('a.txt');
    await created.save('one', { resumable: false });

    for (const [permission, attempt] of [
      ['delete', () => created.save('two', { resumable: false })],
      ['delete', () => created.save('two', { resumable: true })],
      ['delete', () => created.delete()],
      ['get', () => created.getMetadata()],
      ['list', () => cloud.client('creator').bucket(BUCKET).getFiles()],
    ] as const) {
      const error = await errorOf(attempt());
      expect(error.code).toBe(403);
      const kind = permission === 'list' ? 'bucket' : 'object';
      expect(error.message).toContain(
        `${emailOf('creator')} does not have storage.objects.${permission} access to the Google Cloud Storage ${kind}.`,
      );
    }
    expect(String((await file('a.txt').download())[0])).toBe('one');
  });

  it('tests permissions on the bucket', async () => {
    const [permissions] = await client
      .bucket(BUCKET)
      .iam.testPermissions(['storage.objects.create', 'storage.buckets.get', 'storage.objects.delete']);

    expect(permissions).toEqual({
      'storage.objects.create': true,
      'storage.buckets.get': false,
      'storage.objects.delete': true,
    });
  });

  it('shows the bucket to whoever may see it', async () => {
    expect(await errorOf(client.bucket(BUCKET).getMetadata())).toMatchObject({ code: 403 });
    cloud.grant('admin', 'roles/storage.admin');
    cloud.grantOnProject('owner', 'roles/storage.admin');

    const [metadata] = await cloud.client('admin').bucket(BUCKET).getMetadata();
    expect(metadata).toMatchObject({
      name: BUCKET,
      location: 'EUROPE-WEST1',
      locationType: 'region',
      storageClass: 'STANDARD',
      versioning: { enabled: false },
      iamConfiguration: { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: 'inherited' },
    });
    const [buckets] = await cloud.client('owner').getBuckets();
    expect(buckets.map(({ name }) => name)).toEqual([BUCKET]);
    expect(await errorOf(cloud.client('admin').getBuckets())).toMatchObject({ code: 403 });
    expect(await cloud.client('admin').bucket('nowhere').exists()).toEqual([false]);
  });

  it('makes a bucket, and changes what it is told and nothing else', async () => {
    cloud.grantOnProject('owner', 'roles/storage.admin');
    const owner = cloud.client('owner');
    const rule = { action: { type: 'Delete' }, condition: { numNewerVersions: 3 } } as const;

    const [bucket] = await owner.createBucket('state', {
      location: 'europe-west1',
      versioning: { enabled: true },
      iamConfiguration: { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: 'enforced' },
      softDeletePolicy: { retentionDurationSeconds: 864_000 },
      labels: { team: 'documents', kept: 'yes' },
    });
    const made = {
      name: 'state',
      location: 'EUROPE-WEST1',
      storageClass: 'STANDARD',
      versioning: { enabled: true },
      iamConfiguration: { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: 'enforced' },
      softDeletePolicy: { retentionDurationSeconds: '864000' },
    };
    expect((await bucket.getMetadata())[0]).toMatchObject({
      ...made,
      labels: { team: 'documents', kept: 'yes' },
      lifecycle: { rule: [] },
      metageneration: '1',
    });

    await bucket.setMetadata({ lifecycle: { rule: [rule] }, labels: { team: null } });

    expect((await bucket.getMetadata())[0]).toMatchObject({
      ...made,
      labels: { kept: 'yes' },
      lifecycle: { rule: [rule] },
      metageneration: '2',
    });
    const stale = bucket.setMetadata({ versioning: { enabled: false } }, { ifMetagenerationMatch: 1 });
    expect(await errorOf(stale)).toMatchObject({ code: 412 });
    await bucket.setMetadata({ lifecycle: null, softDeletePolicy: { retentionDurationSeconds: 0 } });
    expect(cloud.storage.bucket('state')?.record).toMatchObject({
      versioning: true,
      lifecycleRules: [],
      softDeleteRetentionSec: 0,
    });
  });

  it('makes and changes buckets for those who may, and each name once', async () => {
    cloud.grantOnProject('owner', 'roles/storage.admin');
    cloud.grantOnProject('viewer', 'roles/storage.bucketViewer');
    const change = (account: string, bucket: string) =>
      errorOf(
        cloud
          .client(account)
          .bucket(bucket)
          .setMetadata({ versioning: { enabled: true } }),
      );

    expect(await errorOf(cloud.client('viewer').createBucket('state'))).toMatchObject({
      code: 403,
      message: expect.stringContaining('storage.buckets.create access to the Google Cloud project.'),
    });
    expect(await change('viewer', BUCKET)).toMatchObject({
      code: 403,
      message: expect.stringContaining('storage.buckets.update access to the Google Cloud Storage bucket.'),
    });
    expect(await change('owner', 'nowhere')).toMatchObject({ code: 404 });
    expect(await errorOf(cloud.client('owner').createBucket(BUCKET))).toMatchObject({
      code: 409,
      message: expect.stringContaining('you already own it'),
    });
    expect(await errorOf(cloud.client('owner').createBucket('No'))).toMatchObject({ code: 400 });
  });
});
