import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stackId } from '../../stacks/config';
import { environmentToDeploy } from '../../stacks/deployment';

const deploy = join(__dirname, '..', '..', 'stacks', 'deploy.ts');
const tsx = require.resolve('tsx');

const staging = {
  projectId: 'my-project-123',
  region: 'europe-west1',
  notificationEmail: 'on-call@example.com',
};
const local = { ...staging, projectId: 'local-document-pipeline' };
const INSTALL = 'install Terraform 1.5 or newer from https://developer.hashicorp.com/terraform/install';

let directory: string;
let home: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'deploy-'));
  home = join(directory, 'home');
  mkdirSync(home);
});
afterEach(() => rmSync(directory, { recursive: true }));

interface Run {
  readonly exitCode: number;
  readonly output: string;
}

/** Runs the program in a project that cannot be synthesized: whoever gets as far as cdktf leaves the file `synthesized`. */
async function run(
  args: readonly string[],
  environments: unknown,
  env: Record<string, string> = {},
): Promise<Run> {
  const app = `node -e "require('fs').writeFileSync('synthesized', ''); process.exit(7)"`;
  writeFileSync(
    join(directory, 'cdktf.json'),
    JSON.stringify({ language: 'typescript', app, context: { environments } }),
  );
  const { PATH = '' } = process.env;
  return await new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--import', tsx, deploy, ...args],
      { cwd: directory, env: { PATH, HOME: home, CHECKPOINT_DISABLE: '1', ...env } },
      (_, stdout, stderr) => resolve({ exitCode: child.exitCode ?? -1, output: stdout + stderr }),
    );
  });
}

/** The stack that is deployed where staging and production are configured. */
function stackFor(args: readonly string[], env: Record<string, string>): string {
  const file = join(directory, 'cdktf.json');
  writeFileSync(file, JSON.stringify({ context: { environments: { staging, production: staging } } }));
  const config = environmentToDeploy(args, file, { PATH: process.env['PATH'], HOME: home, ...env });
  return stackId(config.environment.name);
}

const TOKEN = { GOOGLE_OAUTH_ACCESS_TOKEN: 'token' };

describe('npm run deploy stops with one line that says what to do', () => {
  test.each<[string, string[], unknown, Record<string, string>, string]>([
    [
      'for the local cloud',
      ['local'],
      { local, staging },
      TOKEN,
      "'local' is not deployed to Google; 'npm start' runs it on this machine",
    ],
    [
      'for an unknown environment',
      ['test'],
      { staging },
      TOKEN,
      "cannot deploy 'test'; write 'npm run deploy -- staging|production'",
    ],
    [
      'for two environments',
      ['staging', 'production'],
      { staging },
      TOKEN,
      "cannot deploy 'staging production'; write 'npm run deploy -- staging|production'",
    ],
    [
      'when Terraform points at a local cloud',
      [],
      { staging },
      { ...TOKEN, TF_REATTACH_PROVIDERS: '{}' },
      'TF_REATTACH_PROVIDERS is set, so Terraform would deploy to a local cloud instead of Google; unset it',
    ],
    [
      'when the environment is not configured',
      [],
      { local },
      TOKEN,
      'cdktf.json: context.environments.staging is missing; write there ' +
        '{ "projectId": "...", "region": "...", "notificationEmail": "..." }',
    ],
    [
      'when the configuration is wrong',
      [],
      { staging: { ...staging, region: 'EU' } },
      TOKEN,
      "cdktf.json: context.environments.staging.region is 'EU', allowed is a Google Cloud region, such as 'europe-west1'",
    ],
    [
      'without credentials',
      [],
      { staging },
      {},
      "no Google Cloud credentials; run 'gcloud auth application-default login', " +
        'or set GOOGLE_APPLICATION_CREDENTIALS or GOOGLE_OAUTH_ACCESS_TOKEN',
    ],
    [
      'when the credentials file is missing',
      [],
      { staging },
      { GOOGLE_APPLICATION_CREDENTIALS: '/no/such.json' },
      'GOOGLE_APPLICATION_CREDENTIALS names /no/such.json, which does not exist; set it to a credentials file',
    ],
    [
      'without Terraform',
      [],
      { staging },
      { ...TOKEN, TERRAFORM_BINARY_NAME: 'no-such-terraform' },
      `'no-such-terraform version' does not run; ${INSTALL}`,
    ],
  ])('%s', async (_, args, environments, env, line) => {
    const { exitCode, output } = await run(args, environments, env);
    expect(output).toBe(`${line}\n`);
    expect(exitCode).toBe(1);
    expect(existsSync(join(directory, 'synthesized'))).toBe(false);
  });
});

test('npm run deploy goes on to cdktf, and ends as cdktf ends', async () => {
  const { exitCode, output } = await run([], { staging }, TOKEN);
  expect(existsSync(join(directory, 'synthesized'))).toBe(true);
  expect(output).toContain('cdktf encountered an error while synthesizing');
  expect(exitCode).toBe(1);
});

describe('the stack to deploy', () => {
  test('is the one of staging unless it is said otherwise', () => {
    expect(stackFor([], TOKEN)).toBe('document-pipeline-staging');
    expect(stackFor(['production'], TOKEN)).toBe('document-pipeline-production');
  });

  test('is found with the credentials of gcloud, wherever its configuration is', () => {
    const configuration = join(home, '.config', 'gcloud');
    mkdirSync(configuration, { recursive: true });
    writeFileSync(join(configuration, 'application_default_credentials.json'), '{}');
    expect(stackFor([], {})).toBe('document-pipeline-staging');
    expect(stackFor([], { HOME: '/', CLOUDSDK_CONFIG: configuration })).toBe('document-pipeline-staging');
    expect(() => stackFor([], { HOME: '/' })).toThrow('no Google Cloud credentials');
  });

  test('is found with a credentials file', () => {
    const file = join(directory, 'key.json');
    writeFileSync(file, '{}');
    expect(stackFor([], { GOOGLE_APPLICATION_CREDENTIALS: file })).toBe('document-pipeline-staging');
  });
});
