import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { BUCKET, jsonOf, startStorage, type StorageFixture } from './storage-fixture';

/** What Cloud Storage takes, with a liking for what would hurt as a path. */
const objectNames = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
    fc
      .array(fc.constantFrom('..', '.', '/', '\\', '~', '\0', '%2f', '%2e', 'a', '😀', ' ', ':', '"'), {
        minLength: 1,
        maxLength: 20,
      })
      .map((parts) => parts.join('')),
  )
  .filter((name) => {
    const bytes = Buffer.from(name);
    return (
      bytes.length <= 1024 &&
      !/[\r\n]/.test(name) &&
      name !== '.' &&
      name !== '..' &&
      bytes.toString() === name
    );
  });

describe('object names', () => {
  let cloud: StorageFixture;

  beforeAll(async () => {
    cloud = await startStorage();
    cloud.grant('writer', 'roles/storage.objectAdmin');
  });

  afterAll(() => cloud.close());

  it('come back as they were given, and each is kept in a file of the bucket that its hash names', async () => {
    await fc.assert(
      fc.asyncProperty(objectNames, fc.uint8Array({ maxLength: 64 }), async (name, content) => {
        const path = `/storage/v1/b/${BUCKET}/o`;

        const created = await cloud.request(
          'writer',
          `/upload${path}?uploadType=media&name=${encodeURIComponent(name)}`,
          { method: 'POST', body: new Uint8Array(content) },
        );

        expect([created.status, (await jsonOf<{ name: string }>(created)).name]).toEqual([200, name]);
        const object = `${path}/${encodeURIComponent(name)}`;
        const downloaded = await cloud.request('writer', `${object}?alt=media`);
        expect(new Uint8Array(await downloaded.arrayBuffer())).toEqual(new Uint8Array(content));
        const listed = await jsonOf<{ items: { name: string }[] }>(await cloud.request('writer', path));
        expect(listed.items.map((item) => item.name)).toEqual([name]);
        expect(await readdir(cloud.directory)).toEqual([BUCKET]);
        const stored = await readdir(join(cloud.directory, BUCKET), { recursive: true });
        for (const file of stored)
          expect(file).toMatch(/^(bucket\.json|uploads|objects(.[0-9a-f]{64}\.\d+\.(json|content))?)$/);

        expect((await cloud.request('writer', object, { method: 'DELETE' })).status).toBe(204);
        expect(await readdir(join(cloud.directory, BUCKET, 'objects'))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
