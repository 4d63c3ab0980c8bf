import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, readConfig } from '../../stacks/config';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'config-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function write(content: unknown): string {
  const file = join(directory, 'cdktf.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const staging = {
  projectId: 'my-project-123',
  region: 'europe-west1',
  notificationEmail: 'on-call@example.com',
};
const local = { ...staging, projectId: 'local-document-pipeline' };

function read(environments: unknown): ReturnType<typeof readConfig> {
  return readConfig(write({ context: { environments } }));
}

function problems(environments: unknown): readonly string[] {
  try {
    read(environments);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('a configuration', () => {
  test('names the environments in the order of the file', () => {
    const configs = read({ local, production: { ...staging, stateBucket: 'my-project-123-state' }, staging });
    expect(configs.map(({ environment }) => environment.name)).toEqual(['local', 'production', 'staging']);
    expect(configs[0]).toMatchObject({
      projectId: 'local-document-pipeline',
      region: 'europe-west1',
      notificationEmail: 'on-call@example.com',
    });
    expect(configs[0]).not.toHaveProperty('stateBucket');
    expect(configs[1]).toMatchObject({ stateBucket: 'my-project-123-state' });
  });

  test.each(['docker', 'cloud-build'])('names %s to build the images', (imageBuilder) => {
    const [config] = read({ staging: { ...staging, imageBuilder } });
    expect(config?.imageBuilder?.name).toBe(imageBuilder);
    expect(read({ staging })[0]).not.toHaveProperty('imageBuilder');
  });

  const AT = 'cdktf.json: context.environments';
  const KEYS = 'projectId, region, notificationEmail, stateBucket, imageBuilder';
  test.each<[string, unknown, string[]]>([
    [
      'no environments',
      undefined,
      [`${AT} is missing, allowed is an object with local, staging, production`],
    ],
    ['an empty one', {}, [`${AT} is {}, allowed is an object with local, staging, production`]],
    ['a list', [], [`${AT} is [], allowed is an object with local, staging, production`]],
    [
      'an unknown environment',
      { test: staging },
      [`${AT}.test is unknown, allowed is local, staging, production`],
    ],
    [
      'an environment without values',
      { staging: null },
      [`${AT}.staging is null, allowed is an object with ${KEYS}`],
    ],
    [
      'an unknown key',
      { staging: { ...staging, zone: 'a' } },
      [`${AT}.staging.zone is unknown, allowed is ${KEYS}`],
    ],
    [
      'a missing project',
      { staging: { ...staging, projectId: undefined } },
      [`${AT}.staging.projectId is missing, allowed is a Google Cloud project id, such as 'my-project-123'`],
    ],
    [
      'a project outside the grammar',
      { staging: { ...staging, projectId: 'My Project' } },
      [
        `${AT}.staging.projectId is 'My Project', allowed is a Google Cloud project id, such as 'my-project-123'`,
      ],
    ],
    [
      'a region that is a zone',
      { staging: { ...staging, region: 'europe-west1-b' } },
      [`${AT}.staging.region is 'europe-west1-b', allowed is a Google Cloud region, such as 'europe-west1'`],
    ],
    [
      'a multi-region',
      { staging: { ...staging, region: 'EU' } },
      [`${AT}.staging.region is 'EU', allowed is a Google Cloud region, such as 'europe-west1'`],
    ],
    [
      'an address that is none',
      { staging: { ...staging, notificationEmail: 'on-call' } },
      [
        `${AT}.staging.notificationEmail is 'on-call', allowed is an e-mail address, such as 'on-call@example.com'`,
      ],
    ],
    [
      'a value that is no text',
      { staging: { ...staging, notificationEmail: 7 } },
      [`${AT}.staging.notificationEmail is 7, allowed is an e-mail address, such as 'on-call@example.com'`],
    ],
    [
      'a state bucket outside the grammar',
      { staging: { ...staging, stateBucket: 'gs://state' } },
      [
        `${AT}.staging.stateBucket is 'gs://state', allowed is the name of a Cloud Storage bucket, ` +
          "such as 'my-project-123-terraform-state'",
      ],
    ],
    [
      'an image builder that is none',
      { staging: { ...staging, imageBuilder: 'podman' } },
      [`${AT}.staging.imageBuilder is 'podman', allowed is 'cloud-build' or 'docker'`],
    ],
    [
      'a real project for the local cloud',
      { local: staging },
      [
        `${AT}.local.projectId is 'my-project-123', allowed is a project id that starts with 'local-', ` +
          'so that it is never a real project',
      ],
    ],
    [
      'a local project for Google',
      { staging: local },
      [
        `${AT}.staging.projectId is 'local-document-pipeline', allowed is a project id that does not start with ` +
          "'local-', which is kept for the local cloud",
      ],
    ],
    [
      'remote state for the local cloud',
      { local: { ...local, stateBucket: 'state' } },
      [`${AT}.local.stateBucket is 'state', allowed is nothing: the local cloud keeps its own state`],
    ],
    [
      'several mistakes at once',
      { staging: { projectId: 'x', region: 'y' } },
      [
        `${AT}.staging.projectId is 'x', allowed is a Google Cloud project id, such as 'my-project-123'`,
        `${AT}.staging.region is 'y', allowed is a Google Cloud region, such as 'europe-west1'`,
        `${AT}.staging.notificationEmail is missing, allowed is an e-mail address, such as 'on-call@example.com'`,
      ],
    ],
  ])('is refused with %s', (_, environments, expected) => {
    expect(problems(environments)).toEqual(expected);
  });

  test('is refused when the file is missing or no JSON', () => {
    const missing = join(directory, 'missing.json');
    expect(() => readConfig(missing)).toThrow(`${missing} cannot be read as JSON (Error: ENOENT`);
    expect(() => readConfig(write('{'))).toThrow('cdktf.json cannot be read as JSON (SyntaxError: ');
  });

  test('of this repository is valid', () => {
    const configs = readConfig(join(__dirname, '..', '..', 'cdktf.json'));
    expect(configs.map(({ environment }) => environment.name)).toContain('local');
  });
});
