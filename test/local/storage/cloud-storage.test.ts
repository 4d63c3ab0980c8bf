import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createReadStream } from 'node:fs';
import type { Bucket } from '../../../local/storage/bucket';
import { CloudStorage } from '../../../local/storage/cloud-storage';
import type { StoredObject } from '../../../local/storage/object-files';
import { SETTINGS } from './storage-fixture';

const NEW_BUCKET = { name: 'docs', projectId: 'local-test', location: 'europe-west1', ...SETTINGS };

describe('CloudStorage', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'storage-'));
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('keeps buckets and objects over a restart, and drops what a crash left half done', async () => {
    const bucket = new CloudStorage(directory).createBucket(NEW_BUCKET);
    const object = await insert(bucket, 'a.txt', 'kept');
    await bucket.stage();
    await writeFile(join(directory, 'docs', 'objects', 'orphan.content'), 'x');

    const reopened = new CloudStorage(directory).requireBucket('docs');

    expect(reopened.record).toEqual(bucket.record);
    expect(reopened.list({ versions: true })).toEqual([object]);
    expect(await content(reopened, object)).toBe('kept');
    expect(await readdir(join(directory, 'docs', 'uploads'))).toEqual([]);
    expect(await readdir(join(directory, 'docs', 'objects'))).toHaveLength(2);
  });

  it('replaces an object at once and leaves nothing of the old one on disk', async () => {
    const bucket = new CloudStorage(directory).createBucket(NEW_BUCKET);
    const old = await insert(bucket, 'a.txt', 'one');

    const current = await insert(bucket, 'a.txt', 'two');

    expect(current.generation).toBeGreaterThan(old.generation);
    expect(bucket.get('a.txt', old.generation)).toBeUndefined();
    expect(await readdir(join(directory, 'docs', 'objects'))).toHaveLength(2);
  });

  it('keeps overwritten and deleted generations where versioning is on', async () => {
    const bucket = new CloudStorage(directory).createBucket({ ...NEW_BUCKET, versioning: true });
    const one = await insert(bucket, 'a.txt', 'one');
    const two = await insert(bucket, 'a.txt', 'two');

    bucket.delete('a.txt', undefined, {});

    expect(bucket.get('a.txt')).toBeUndefined();
    expect(bucket.list({ versions: false })).toEqual([]);
    for (const reopened of [bucket, new CloudStorage(directory).requireBucket('docs')]) {
      expect(await content(reopened, reopened.require('a.txt', one.generation))).toBe('one');
      expect(await content(reopened, reopened.require('a.txt', two.generation))).toBe('two');
    }
    bucket.delete('a.txt', one.generation, {});
    expect(bucket.get('a.txt', one.generation)).toBeUndefined();
  });

  it('goes on reading an object that is deleted meanwhile', async () => {
    const bucket = new CloudStorage(directory).createBucket(NEW_BUCKET);
    const fd = bucket.openContent(await insert(bucket, 'a.txt', 'still here'));

    bucket.delete('a.txt', undefined, {});

    expect(await text(createReadStream('', { fd }))).toBe('still here');
  });

  it('gives the name of a bucket to one project only', () => {
    const storage = new CloudStorage(directory);
    storage.createBucket(NEW_BUCKET);

    expect(() => storage.createBucket(NEW_BUCKET)).toThrow(
      expect.objectContaining({ status: 409, message: expect.stringContaining('you already own it') }),
    );
    expect(() => storage.createBucket({ ...NEW_BUCKET, projectId: 'local-other' })).toThrow(
      expect.objectContaining({ status: 409, message: expect.stringContaining('name is not available') }),
    );
  });

  it.each([
    'ab',
    'x'.repeat(64),
    'Upper',
    '-dash',
    'dash-',
    'a b',
    'a.b',
    'goog-bucket',
    'my-google-bucket',
    '..',
    '../up',
  ])('refuses the bucket name %j', (name) => {
    expect(() => new CloudStorage(directory).createBucket({ ...NEW_BUCKET, name })).toThrow(
      expect.objectContaining({
        status: 400,
        message: expect.stringContaining(`Invalid bucket name: '${name}'`),
      }),
    );
  });

  it('refuses a location that does not exist', () => {
    expect(() =>
      new CloudStorage(directory).createBucket({ ...NEW_BUCKET, location: 'europe-west-1' }),
    ).toThrow(expect.objectContaining({ status: 400, message: expect.stringContaining('europe-west-1') }));
  });

  it('deletes a bucket only when it is empty, and then lets no upload into it', async () => {
    const storage = new CloudStorage(directory);
    const bucket = storage.createBucket(NEW_BUCKET);
    await insert(bucket, 'a.txt', 'x');
    expect(() => storage.deleteBucket('docs')).toThrow(
      expect.objectContaining({ status: 409, message: 'The bucket you tried to delete is not empty.' }),
    );
    bucket.delete('a.txt', undefined, {});
    const upload = await bucket.stage();

    storage.deleteBucket('docs');

    expect(storage.bucket('docs')).toBeUndefined();
    expect(await readdir(directory)).toEqual([]);
    await expect(bucket.insert(upload, insertion('late.txt'))).rejects.toMatchObject({ status: 404 });
  });
});

const insertion = (name: string) => ({
  name,
  fields: {},
  preconditions: {},
  declared: {},
  authorize: () => undefined,
});

async function insert(bucket: Bucket, name: string, body: string): Promise<StoredObject> {
  const upload = await bucket.stage();
  await upload.append(Buffer.from(body));
  return bucket.insert(upload, insertion(name));
}

function content(bucket: Bucket, object: StoredObject): Promise<string> {
  return text(createReadStream('', { fd: bucket.openContent(object) }));
}
