import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BucketRecord } from '../../local/storage/bucket';
import { BUCKET, SETTINGS, startStorage, type StorageFixture } from '../local/storage/storage-fixture';

const STACKS = join(__dirname, '..', '..', 'stacks');
const tsx = require.resolve('tsx');

const PROJECT = 'my-project-123';
const STATE_BUCKET = 'my-project-123-terraform-state';
const STACK = 'document-pipeline-staging';
const OBJECT = `${STACK}/default.tfstate`;
const LOCAL_STATE = `terraform.${STACK}.tfstate`;

const staging = {
  projectId: PROJECT,
  region: 'europe-west1',
  notificationEmail: 'on-call@example.com',
  stateBucket: STATE_BUCKET,
};

const HAS_ALL = [
  'versioning: on',
  'uniform bucket-level access: on',
  'public access prevention: enforced',
  'old versions: deleted by a lifecycle rule',
  'soft delete: on',
];
const KEPT = `${STACK} keeps its state in gs://${STATE_BUCKET}/${STACK}, which Terraform locks while it runs`;
const NEXT = 'next: npm run deploy -- staging';

let cloud: StorageFixture;
let directory: string;
beforeEach(async () => {
  cloud = await startStorage();
  cloud.grantOnProject('owner', 'roles/storage.admin', PROJECT);
  cloud.grantOnProject('viewer', 'roles/storage.bucketViewer', PROJECT);
  directory = mkdtempSync(join(tmpdir(), 'bootstrap-'));
});
afterEach(async () => {
  rmSync(directory, { recursive: true });
  await cloud.close();
});

interface Run {
  readonly exitCode: number | null;
  readonly lines: string[];
}

/** Runs a program as whoever uses this project does, against the storage of this test in the name of `owner`. */
function run(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      {
        cwd: directory,
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: directory,
          CHECKPOINT_DISABLE: '1',
          GOOGLE_OAUTH_ACCESS_TOKEN: 'token-of-owner',
          GOOGLE_STORAGE_CUSTOM_ENDPOINT: `${cloud.origin}/storage/v1/b`,
          ...env,
        },
      },
      (_, stdout, stderr) =>
        resolve({ exitCode: child.exitCode, lines: (stdout + stderr).trimEnd().split('\n') }),
    );
  });
}

function runStacks(
  program: 'bootstrap' | 'deploy',
  args: readonly string[] = [],
  env: Record<string, string> = {},
  environment: object = staging,
): Promise<Run> {
  // Whoever gets as far as cdktf leaves the file `synthesized`.
  const app = `node -e "require('fs').writeFileSync('synthesized', ''); process.exit(7)"`;
  const environments = { staging: environment };
  writeFileSync(
    join(directory, 'cdktf.json'),
    JSON.stringify({ language: 'typescript', app, context: { environments } }),
  );
  return run(process.execPath, ['--import', tsx, join(STACKS, `${program}.ts`), ...args], env);
}

function bootstrap(env: Record<string, string> = {}, environment: object = staging): Promise<Run> {
  return runStacks('bootstrap', [], env, environment);
}

/** Terraform with the state in the bucket, as the stack has it, and one resource. */
async function terraform(...args: readonly string[]): Promise<Run> {
  writeFileSync(
    join(directory, 'main.tf.json'),
    JSON.stringify({
      terraform: { backend: { gcs: { bucket: STATE_BUCKET, prefix: STACK } } },
      resource: { terraform_data: { document: { input: 'x' } } },
    }),
  );
  return run('terraform', [...args, '-no-color']);
}

function makeBucket(settings: Partial<BucketRecord> = {}): void {
  cloud.storage.createBucket({
    name: STATE_BUCKET,
    projectId: PROJECT,
    location: 'EUROPE-WEST1',
    ...SETTINGS,
    ...settings,
  });
}

const record = (): BucketRecord | undefined => cloud.storage.bucket(STATE_BUCKET)?.record;

/** Whether cdktf was reached. */
const synthesized = (): boolean => existsSync(join(directory, 'synthesized'));

const SAFE = {
  projectId: PROJECT,
  versioning: true,
  uniformBucketLevelAccess: true,
  publicAccessPrevention: 'enforced',
  softDeleteRetentionSec: 604_800,
};
const OLD_VERSIONS = {
  action: { type: 'Delete' },
  condition: { daysSinceNoncurrentTime: 90, numNewerVersions: 20 },
};

describe('npm run bootstrap', () => {
  it('makes the bucket of the state, and leaves it alone from then on', async () => {
    expect(await bootstrap()).toEqual({
      exitCode: 0,
      lines: [`gs://${STATE_BUCKET}: made in europe-west1, in project ${PROJECT}`, ...HAS_ALL, KEPT, NEXT],
    });
    const made = record();
    expect(made).toMatchObject({ ...SAFE, location: 'EUROPE-WEST1', lifecycleRules: [OLD_VERSIONS] });

    expect(await bootstrap()).toEqual({
      exitCode: 0,
      lines: [`gs://${STATE_BUCKET}: is there, in project ${PROJECT}`, ...HAS_ALL, KEPT, NEXT],
    });
    expect(record()).toEqual(made);
  });

  it('brings a bucket that is there up to it, and keeps what else it has', async () => {
    const archive = { action: { type: 'SetStorageClass', storageClass: 'NEARLINE' }, condition: { age: 30 } };
    makeBucket({
      location: 'US',
      labels: { team: 'documents' },
      versioning: false,
      uniformBucketLevelAccess: false,
      softDeleteRetentionSec: 0,
      lifecycleRules: [archive],
    });

    expect(await bootstrap()).toEqual({
      exitCode: 0,
      lines: [
        `gs://${STATE_BUCKET}: is there, in project ${PROJECT}`,
        ...HAS_ALL.map((line) => `${line}, set now`),
        'location: US, not europe-west1; a bucket cannot be moved, and the state can stay where it is',
        KEPT,
        NEXT,
      ],
    });
    expect(record()).toMatchObject({
      ...SAFE,
      labels: { team: 'documents' },
      lifecycleRules: [archive, OLD_VERSIONS],
    });
  });

  it('refuses a lifecycle rule that deletes the state itself', async () => {
    makeBucket({ lifecycleRules: [{ action: { type: 'Delete' }, condition: { age: 30 } }] });

    const { exitCode, lines } = await bootstrap();

    expect(exitCode).toBe(1);
    expect(lines.at(-1)).toBe(
      `gs://${STATE_BUCKET}: lifecycle rule 1 deletes the state itself, not only old versions; ` +
        'remove it, or give it the condition "isLive": false',
    );
  });

  test.each<[string, Record<string, string>, object, string]>([
    [
      'without a state bucket in the configuration',
      {},
      { ...staging, stateBucket: undefined },
      'cdktf.json: context.environments.staging.stateBucket is missing; ' +
        `write there the name of a bucket to make, such as '${STATE_BUCKET}'`,
    ],
    [
      'without credentials',
      { GOOGLE_OAUTH_ACCESS_TOKEN: '' },
      staging,
      "no Google Cloud credentials; run 'gcloud auth application-default login', " +
        'or set GOOGLE_APPLICATION_CREDENTIALS or GOOGLE_OAUTH_ACCESS_TOKEN',
    ],
    [
      'with credentials that are no longer good',
      { GOOGLE_OAUTH_ACCESS_TOKEN: 'old' },
      staging,
      `cannot list the buckets of project ${PROJECT}: Invalid Credentials; ` +
        "run 'gcloud auth application-default login', or set a new GOOGLE_OAUTH_ACCESS_TOKEN",
    ],
    [
      'with a key that is none',
      { GOOGLE_OAUTH_ACCESS_TOKEN: '', GOOGLE_CREDENTIALS: '{' },
      staging,
      'GOOGLE_CREDENTIALS is neither the JSON of a credentials file nor its path',
    ],
    [
      'when the account may not see the buckets of the project',
      { GOOGLE_OAUTH_ACCESS_TOKEN: 'token-of-nobody' },
      staging,
      `cannot list the buckets of project ${PROJECT}: nobody@local-test.iam.gserviceaccount.com does not have ` +
        'storage.buckets.list access to the Google Cloud project. ' +
        "Permission 'storage.buckets.list' denied on resource (or it may not exist); " +
        `the account needs roles/storage.admin in project ${PROJECT}`,
    ],
    [
      'when the account may not make buckets',
      { GOOGLE_OAUTH_ACCESS_TOKEN: 'token-of-viewer' },
      staging,
      `cannot make gs://${STATE_BUCKET}: viewer@local-test.iam.gserviceaccount.com does not have ` +
        'storage.buckets.create access to the Google Cloud project. ' +
        "Permission 'storage.buckets.create' denied on resource (or it may not exist); " +
        `the account needs roles/storage.admin in project ${PROJECT}`,
    ],
    [
      'when the name is taken',
      {},
      { ...staging, stateBucket: BUCKET },
      `cannot make gs://${BUCKET}: it belongs to somebody else, or to another project than ${PROJECT}: ` +
        'bucket names are shared by all of Google Cloud; ' +
        `choose another "stateBucket" in cdktf.json, such as '${STATE_BUCKET}'`,
    ],
    [
      'for an endpoint that Terraform would not take either',
      { GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT: 'https://storage.example.com' },
      staging,
      "GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT is 'https://storage.example.com', allowed is a URL with the path " +
        "/storage/v1/b, such as 'https://storage-psc.p.googleapis.com/storage/v1/b'",
    ],
  ])('stops with one line %s', async (_, env, environment, line) => {
    expect(await bootstrap(env, environment)).toEqual({ exitCode: 1, lines: [line] });
    expect(record()).toBeUndefined();
  });

  it('stops with one line when Google cannot be reached', async () => {
    const { exitCode, lines } = await bootstrap({
      // Nothing listens on this port: it is reserved.
      GOOGLE_STORAGE_CUSTOM_ENDPOINT: 'http://127.0.0.1:1/storage/v1/b',
    });
    expect(exitCode).toBe(1);
    expect(lines).toEqual([expect.stringContaining(`cannot list the buckets of project ${PROJECT}: `)]);
    expect(lines[0]).toContain('ECONNREFUSED');
  });

  it('stops with one line for an environment that it is not for', async () => {
    expect(await runStacks('bootstrap', ['test'])).toEqual({
      exitCode: 1,
      lines: ["cannot bootstrap 'test'; write 'npm run bootstrap -- staging|production'"],
    });
  });
});

describe('the bucket of the state', () => {
  it("is what Terraform's gcs backend keeps its state in, with old versions and a lock", async () => {
    await bootstrap();
    expect(await terraform('init', '-input=false')).toMatchObject({ exitCode: 0 });

    expect(await terraform('apply', '-auto-approve')).toMatchObject({ exitCode: 0 });
    const [names] = await cloud.client('owner').bucket(STATE_BUCKET).getFiles();
    expect(names.map(({ name }) => name)).toEqual([OBJECT]);
    expect((await terraform('plan')).lines).toContainEqual(expect.stringContaining('No changes.'));

    expect(await terraform('apply', '-auto-approve', '-replace=terraform_data.document')).toMatchObject({
      exitCode: 0,
    });
    const [versions] = await cloud.client('owner').bucket(STATE_BUCKET).getFiles({ versions: true });
    expect(versions.filter(({ name }) => name === OBJECT).length).toBeGreaterThan(1);

    await cloud
      .client('owner')
      .bucket(STATE_BUCKET)
      .file(`${STACK}/default.tflock`)
      .save('{"ID":"1","Operation":"OperationTypeApply","Who":"somebody"}', { resumable: false });
    const { exitCode, lines } = await terraform('plan');
    expect(exitCode).toBe(1);
    expect(lines).toContainEqual(expect.stringContaining('Error acquiring the state lock'));
  });

  it('gets the state that was in a file, and Terraform goes on with it', async () => {
    writeFileSync(
      join(directory, 'backend.tf'),
      `terraform {\n  backend "local" { path = "${LOCAL_STATE}" }\n}`,
    );
    writeFileSync(join(directory, 'main.tf'), 'resource "terraform_data" "document" { input = "x" }');
    await run('terraform', ['init', '-input=false']);
    expect(await run('terraform', ['apply', '-auto-approve'])).toMatchObject({ exitCode: 0 });
    const state = readFileSync(join(directory, LOCAL_STATE), 'utf8');
    rmSync(join(directory, 'backend.tf'));
    rmSync(join(directory, 'main.tf'));

    const { exitCode, lines } = await bootstrap();

    expect(exitCode).toBe(0);
    expect(lines.slice(-2)).toEqual([
      `${LOCAL_STATE} moved to gs://${STATE_BUCKET}/${OBJECT}; what is left of it is ${LOCAL_STATE}.moved`,
      `next: npx cdktf deploy ${STACK} --migrate-state`,
    ]);
    expect(existsSync(join(directory, LOCAL_STATE))).toBe(false);
    expect(readFileSync(join(directory, `${LOCAL_STATE}.moved`), 'utf8')).toBe(state);
    expect(await terraform('init', '-input=false', '-migrate-state')).toMatchObject({ exitCode: 0 });
    expect((await terraform('plan')).lines).toContainEqual(expect.stringContaining('No changes.'));
  });

  it.each<[string, string, number, string]>([
    [
      'is older',
      '{"lineage":"a","serial":1}',
      0,
      `${LOCAL_STATE} was in gs://${STATE_BUCKET}/${OBJECT}; what is left of it is ${LOCAL_STATE}.moved`,
    ],
    [
      'is newer',
      '{"lineage":"a","serial":3}',
      1,
      `${LOCAL_STATE} and gs://${STATE_BUCKET}/${OBJECT} are two states of ${STACK}; ` +
        'rename the one that does not describe what is deployed',
    ],
    [
      'is another one',
      '{"lineage":"b","serial":1}',
      1,
      `${LOCAL_STATE} and gs://${STATE_BUCKET}/${OBJECT} are two states of ${STACK}; ` +
        'rename the one that does not describe what is deployed',
    ],
    [
      'is none',
      'state',
      1,
      `${LOCAL_STATE} is not a state of Terraform; rename it if nothing is deployed by it`,
    ],
  ])('keeps the state that it has when the file %s', async (_, text, exitCode, line) => {
    makeBucket();
    const object = cloud.client('owner').bucket(STATE_BUCKET).file(OBJECT);
    const kept = '{"lineage":"a","serial":2}';
    await object.save(kept, { resumable: false });
    writeFileSync(join(directory, LOCAL_STATE), text);

    const run = await bootstrap();

    expect(run.exitCode).toBe(exitCode);
    expect(run.lines).toContain(line);
    expect((await object.download())[0].toString()).toBe(kept);
    expect(existsSync(join(directory, LOCAL_STATE))).toBe(exitCode === 1);
  });
});

describe('npm run deploy', () => {
  it('says to bootstrap when the bucket of the state is missing', async () => {
    expect(await runStacks('deploy')).toEqual({
      exitCode: 1,
      lines: [
        `the state bucket gs://${STATE_BUCKET} does not exist; run 'npm run bootstrap -- staging' once`,
      ],
    });
    expect(synthesized()).toBe(false);
  });

  it('says to bootstrap while the state is in a file, because Terraform would make everything anew', async () => {
    makeBucket();
    writeFileSync(join(directory, LOCAL_STATE), '{"lineage":"a","serial":2}');
    expect(await runStacks('deploy')).toEqual({
      exitCode: 1,
      lines: [
        `the state of ${STACK} is in ${LOCAL_STATE}, not in gs://${STATE_BUCKET}; ` +
          "run 'npm run bootstrap -- staging', which moves it",
      ],
    });
    expect(synthesized()).toBe(false);
  });

  it.each([
    ['it is there', 'owner'],
    ['the account may not say whether it is', 'nobody'],
  ])('goes on to cdktf when %s', async (_, account) => {
    makeBucket();
    await runStacks('deploy', [], { GOOGLE_OAUTH_ACCESS_TOKEN: `token-of-${account}` });
    expect(synthesized()).toBe(true);
  });
});
