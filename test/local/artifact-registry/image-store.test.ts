import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImageStore } from '../../../local/artifact-registry/image-store';
import { type RegistryServer, startRegistryServer } from '../../../local/artifact-registry/registry-server';

const URI = 'europe-west1-docker.pkg.dev/local-test/services/gateway:0123abcd';

let directory: string;
let bundle: string;
let store: ImageStore;
let server: RegistryServer;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'registry-'));
  bundle = join(directory, 'bundle');
  await mkdir(join(bundle, 'chunks'), { recursive: true });
  await writeFile(join(bundle, 'main.js'), '// one');
  await writeFile(join(bundle, 'chunks', 'lazy.js'), '');
  store = await ImageStore.open(join(directory, 'images'));
  server = await startRegistryServer(store);
});
afterEach(async () => {
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

const put = (query: string, body: string): Promise<Response> =>
  fetch(`${server.url}/images${query}`, { method: 'PUT', body });

const publish = (): Promise<Response> =>
  put(`?uri=${encodeURIComponent(URI)}`, JSON.stringify({ directory: bundle }));

it('keeps a copy of what is published, and the copy of before for who still runs it', async () => {
  // WHEN
  const response = await publish();
  const first = store.directoryOf(URI) ?? '';
  await writeFile(join(bundle, 'main.js'), '// two');
  await publish();
  const second = store.directoryOf(URI) ?? '';

  // THEN
  expect(response.status).toBe(201);
  expect(await response.json()).toEqual({ uri: URI });
  expect(store.uris()).toEqual([URI]);
  expect(await readFile(join(first, 'main.js'), 'utf8')).toBe('// one');
  expect(existsSync(join(first, 'chunks', 'lazy.js'))).toBe(true);
  expect(await readFile(join(second, 'main.js'), 'utf8')).toBe('// two');
});

it('begins empty, whatever an earlier one has left', async () => {
  await publish();
  const copy = store.directoryOf(URI) ?? '';
  expect((await ImageStore.open(join(directory, 'images'))).directoryOf(URI)).toBeUndefined();
  expect(existsSync(copy)).toBe(false);
});

it.each([
  ['no URI', '', '{}', 'got PUT /images, want PUT /images?uri=<image URI>'],
  ['no JSON', '?uri=u', 'directory', 'the body must be {"directory": "<absolute path>"}'],
  ['no directory', '?uri=u', '{"directory": 7}', 'the body must be {"directory": "<absolute path>"}'],
  ['a relative one', '?uri=u', '{"directory": "x"}', `"directory" must be an absolute path, got 'x'`],
  [
    'one that is not there',
    '?uri=u',
    '{"directory": "/no/such"}',
    `there is no directory '/no/such' to publish as u`,
  ],
  ['too long a body', '?uri=u', ' '.repeat(70_000), 'the body is longer than 65536 bytes'],
])('refuses %s with what is wrong', async (_, query, body, error) => {
  const response = await put(query, body);
  expect([response.status, await response.json()]).toEqual([400, { error }]);
  expect(store.uris()).toEqual([]);
});
