import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Iam } from '../../../local/iam/iam';
import { Tokens } from '../../../local/iam/tokens';
import { startMetadataServer } from '../../../local/metadata/metadata-server';
import { createCertificateAuthority } from '../../../local/network/certificate-authority';
import { startEgressProxy } from '../../../local/network/egress-proxy';
import { bucketIamName } from '../../../local/storage/access';
import { CloudStorage } from '../../../local/storage/cloud-storage';
import { startStorageServer } from '../../../local/storage/storage-server';
import { BUCKET, emailOf, SETTINGS } from './storage-fixture';

/** It knows nothing of the local cloud, and uses the official client as on Cloud Run. */
const PROGRAM = `
const { Storage } = require('@google-cloud/storage');

async function main() {
  const bucket = new Storage().bucket(process.env.DOCS_BUCKET);
  const results = [];
  for (const resumable of [true, false]) {
    const file = bucket.file(\`documents/\${resumable}.txt\`);
    await file.save('hello', { resumable, preconditionOpts: { ifGenerationMatch: 0 } });
    const [content] = await file.download();
    results.push(String(content));
  }
  const [files] = await bucket.getFiles({ prefix: 'documents/' });
  console.log(JSON.stringify({ results, names: files.map((file) => file.name) }));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
`;

describe('a program with the official client and the environment of a container', () => {
  const cleanUps: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  });

  it('stores and reads objects as its service account, over TLS, through the proxy', async () => {
    // GIVEN
    const directory = await mkdtemp(join(tmpdir(), 'storage-'));
    cleanUps.push(() => rm(directory, { recursive: true, force: true }));
    const storage = new CloudStorage(join(directory, 'data'));
    storage.createBucket({ ...SETTINGS, name: BUCKET, projectId: 'local-test', location: 'EUROPE-WEST1' });
    const iam = new Iam();
    iam.addMember(bucketIamName(BUCKET), 'roles/storage.objectUser', `serviceAccount:${emailOf('writer')}`);
    const tokens = new Tokens();
    const authority = await createCertificateAuthority(directory);
    const internalErrors: unknown[] = [];
    const server = await startStorageServer({
      storage,
      iam,
      authenticate: (token) => tokens.emailOfAccessToken(token),
      regionOf: (token) => tokens.regionOf(token),
      onSpan: () => undefined,
      onInternalError: (error) => internalErrors.push(error),
      tls: authority,
    });
    cleanUps.push(() => server.close());
    const refused: string[] = [];
    const proxy = await startEgressProxy({
      routes: new Map([['storage.googleapis.com:443', server.port]]),
      onRefused: (message) => refused.push(message),
    });
    cleanUps.push(() => proxy.close());
    const metadata = await startMetadataServer({
      projectId: 'local-test',
      projectNumber: '123456789012',
      region: 'europe-west1',
      instanceId: 'abc',
      serviceAccount: emailOf('writer'),
      tokens,
    });
    cleanUps.push(() => metadata.close());

    // WHEN
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', PROGRAM], {
      cwd: __dirname,
      env: {
        DOCS_BUCKET: BUCKET,
        GCE_METADATA_HOST: metadata.host,
        HTTPS_PROXY: proxy.url,
        https_proxy: proxy.url,
        NO_PROXY: '127.0.0.1,localhost',
        no_proxy: '127.0.0.1,localhost',
        NODE_EXTRA_CA_CERTS: authority.caFile,
      },
    });

    // THEN
    expect(JSON.parse(stdout)).toEqual({
      results: ['hello', 'hello'],
      names: ['documents/false.txt', 'documents/true.txt'],
    });
    expect({ internalErrors, refused }).toEqual({ internalErrors: [], refused: [] });
    expect(storage.requireBucket(BUCKET).list({ versions: true })).toHaveLength(2);
  });
});
