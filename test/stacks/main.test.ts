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
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ProjectCopy } from '../helpers/project-copy';

const root = join(__dirname, '..', '..');

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

/** Runs the app of a project as `cdktf synth` does, in a directory of its own. */
async function synthIn(
  name: string,
  environments: unknown,
  { project = root, env = {} }: { project?: string; env?: Record<string, string> } = {},
): Promise<Synth> {
  const cwd = join(directory, name);
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'cdktf.json'), JSON.stringify({ context: { environments } }));
  const tsx = createRequire(join(project, 'package.json')).resolve('tsx');
  const { exitCode, stderr } = await new Promise<{ exitCode: number; stderr: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      ['--import', tsx, join(project, 'stacks', 'main.ts')],
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
    const { resource }: { resource: { google_cloud_run_v2_service: object } } = JSON.parse(json);
    expect(bundles).toHaveLength(Object.keys(resource.google_cloud_run_v2_service).length);
    for (const bundle of bundles) expect(Object.keys(files)).toContain(`${stack}/${bundle}/main.js`);
    const [, publisher = ''] = /"command": "node ([^"]+)"/.exec(json) ?? [];
    expect(Object.keys(files)).toContain(`${stack}/${publisher}`);
  }
});

/** Lets a process live a year later. */
const LATER = `data:text/javascript,${encodeURIComponent(`
  const RealDate = Date;
  const now = () => RealDate.now() + 365 * 86_400_000;
  globalThis.Date = class extends RealDate {
    static now() { return now(); }
    constructor(...of) { super(...(of.length > 0 ? of : [now()])); }
  };
`)}`;

test('the app writes the same bytes from another clone, at another time, in another time zone and language', async () => {
  const clone = await ProjectCopy.makeInstalled();
  try {
    const one = await synthIn(
      'one',
      { local, staging },
      { env: { TZ: 'Asia/Tokyo', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' } },
    );
    const other = await synthIn(
      'the other',
      { local, staging },
      {
        project: clone.directory,
        env: {
          TZ: 'America/New_York',
          LANG: 'C',
          LC_ALL: 'C',
          NODE_OPTIONS: `--import=${LATER}`,
        },
      },
    );
    expect({ exitCode: other.exitCode, stderr: other.stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(Object.keys(one.files).length).toBeGreaterThan(8);
    expect(other.files).toEqual(one.files);
    for (const content of Object.values(one.files)) {
      for (const path of [directory, root]) expect(content).not.toContain(path);
    }
  } finally {
    await clone.dispose();
  }
}, 120_000);

test('the app reports each mistake of the configuration in a line of its own, and exits 1', async () => {
  const run = await synthIn('wrong', { staging: { ...staging, projectId: 'X', zone: 'a' } });
  expect(run.exitCode).toBe(1);
  expect(run.files).toEqual({});
  expect(run.stderr.trimEnd().split('\n')).toEqual([
    'cdktf.json: context.environments.staging.zone is unknown, allowed is projectId, region, notificationEmail, stateBucket, imageBuilder',
    "cdktf.json: context.environments.staging.projectId is 'X', allowed is a Google Cloud project id, such as 'my-project-123'",
  ]);
});
