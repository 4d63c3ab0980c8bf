import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const root = join(__dirname, '..', '..');
const tsx = require.resolve('tsx');
const main = join(root, 'stacks', 'main.ts');

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'synth-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const staging = {
  projectId: 'my-project-123',
  region: 'europe-west1',
  notificationEmail: 'on-call@example.com',
};
const local = { ...staging, projectId: 'local-document-pipeline' };

interface Synth {
  readonly exitCode: number;
  readonly stderr: string;
  /** Content by path within cdktf.out. */
  readonly files: Readonly<Record<string, string>>;
}

/** Runs the app as `cdktf synth` does, in a directory of its own. */
async function synthIn(
  name: string,
  environments: unknown,
  env: Record<string, string> = {},
): Promise<Synth> {
  const cwd = join(directory, name);
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'cdktf.json'), JSON.stringify({ context: { environments } }));
  const { exitCode, stderr } = await new Promise<{ exitCode: number; stderr: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      ['--import', tsx, main],
      { cwd, env: { ...process.env, ...env } },
      (_, stdout, stderr) => resolve({ exitCode: child.exitCode ?? -1, stderr }),
    );
  });
  return { exitCode, stderr, files: filesBelow(join(cwd, 'cdktf.out')) };
}

function filesBelow(top: string): Record<string, string> {
  if (!existsSync(top)) return {};
  const entries = readdirSync(top, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(top, path), readFileSync(path, 'latin1')];
    }),
  );
}

test('the app synthesizes one stack per environment, with the bundles that are deployed', async () => {
  const { exitCode, stderr, files } = await synthIn('all', { local, staging, production: staging });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  for (const environment of ['local', 'staging', 'production']) {
    const stack = `stacks/document-pipeline-${environment}`;
    expect(Object.keys(files)).toContain(`${stack}/cdk.tf.json`);
    const json = files[`${stack}/cdk.tf.json`] ?? '';
    const bundles = [...json.matchAll(/"BUNDLE_DIRECTORY": "([^"]+)"/g)].map(([, path]) => path);
    expect(bundles).toHaveLength(3);
    for (const bundle of bundles) expect(Object.keys(files)).toContain(`${stack}/${bundle}/main.js`);
    const [, publisher = ''] = /"command": "node ([^"]+)"/.exec(json) ?? [];
    expect(Object.keys(files)).toContain(`${stack}/${publisher}`);
  }
});

test('the app writes the same bytes in another directory, time zone and language', async () => {
  const one = await synthIn('one', { local, staging }, { TZ: 'Asia/Tokyo', LANG: 'tr_TR.UTF-8' });
  const other = await synthIn('the other', { local, staging }, { TZ: 'America/New_York', LANG: 'C' });
  expect(Object.keys(one.files).length).toBeGreaterThan(8);
  expect(other.files).toEqual(one.files);
  for (const content of Object.values(one.files)) expect(content).not.toContain(directory);
});

test('the app reports each mistake of the configuration in a line of its own, and exits 1', async () => {
  const run = await synthIn('wrong', { staging: { ...staging, projectId: 'X', zone: 'a' } });
  expect(run.exitCode).toBe(1);
  expect(run.files).toEqual({});
  expect(run.stderr.trimEnd().split('\n')).toEqual([
    'cdktf.json: context.environments.staging.zone is unknown, allowed is projectId, region, notificationEmail, stateBucket, imageBuilder',
    "cdktf.json: context.environments.staging.projectId is 'X', allowed is a Google Cloud project id, such as 'my-project-123'",
  ]);
});
