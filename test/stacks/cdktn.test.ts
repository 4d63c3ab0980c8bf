import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '..', '..');
const FORK = join(__dirname, 'cdktn');

/** Where what is called `cdktf` and `constructs` is found once a project has moved to the fork. */
const ALIASES = {
  cdktf: join(FORK, 'node_modules', 'cdktn'),
  constructs: join(FORK, 'node_modules', 'constructs'),
};

beforeAll(() => {
  if (existsSync(join(FORK, 'node_modules', '.package-lock.json'))) return;
  const command = 'npm ci --ignore-scripts --no-audit --no-fund --loglevel=error';
  const { status, stderr } = spawnSync(command, { cwd: FORK, shell: true, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm ci failed in ${FORK}: ${stderr}`);
}, 60_000);

interface Synthesized {
  /** What synthesized it, as jsii names it: `cdktf.TerraformStack`. */
  readonly by: unknown;
  readonly stacks: readonly unknown[];
}

/** The pipeline in production and a service with every option, synthesized with their validations. */
async function synthesize(): Promise<Synthesized> {
  const { TerraformStack, Testing } = await import('cdktf');
  const { DeploymentEnvironment } = await import('../../constructs');
  const { DocumentPipelineStack } = await import('../../stacks/document-pipeline-stack');
  const { everyOption } = await import('../helpers/every-option');
  const { testApp } = await import('../helpers/synth');
  const pipeline = new DocumentPipelineStack(testApp(), {
    environment: DeploymentEnvironment.production(),
    projectId: 'my-project-123',
    region: 'europe-west1',
    notificationEmail: 'on-call@example.com',
    stateBucket: 'my-project-123-state',
  });
  const jsii: unknown = Reflect.get(TerraformStack, Symbol.for('jsii.rtti'));
  return {
    by: jsii,
    stacks: [pipeline, everyOption()].map((stack): unknown => JSON.parse(Testing.synth(stack, true))),
  };
}

test('cdktn, the fork of cdktf, synthesizes the same JSON', async () => {
  // GIVEN
  const byCdktf = await synthesize();
  // WHEN
  let byFork: Synthesized | undefined;
  await jest.isolateModulesAsync(async () => {
    for (const [name, path] of Object.entries(ALIASES)) jest.doMock(name, () => jest.requireActual(path));
    byFork = await synthesize();
  });
  // THEN
  expect(byCdktf.by).toMatchObject({ fqn: 'cdktf.TerraformStack' });
  expect(byFork?.by).toMatchObject({ fqn: 'cdktn.TerraformStack' });
  expect(byFork?.stacks).toEqual(byCdktf.stacks);
}, 60_000);

test('everything is type-checked against cdktn as against cdktf', () => {
  // GIVEN
  const directory = mkdtempSync(join(tmpdir(), 'cdktn-'));
  const paths = Object.fromEntries(Object.entries(ALIASES).map(([name, path]) => [name, [path]]));
  const config = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: { paths, typeRoots: [join(ROOT, 'node_modules', '@types')], types: ['node'] },
    include: [join(ROOT, 'constructs'), join(ROOT, 'stacks')],
  };
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config));
  // WHEN
  const { status, stdout } = spawnSync(
    join(ROOT, 'node_modules', '.bin', 'tsc'),
    ['-p', directory, '--listFiles'],
    {
      encoding: 'utf8',
    },
  );
  rmSync(directory, { recursive: true });
  // THEN
  const files = stdout.split('\n');
  expect({ status, errors: files.filter((line) => line.includes('error TS')) }).toEqual({
    status: 0,
    errors: [],
  });
  expect(files.some((file) => file.startsWith(ALIASES.cdktf))).toBe(true);
  expect(files.some((file) => file.startsWith(join(ROOT, 'node_modules', 'cdktf')))).toBe(false);
}, 60_000);
