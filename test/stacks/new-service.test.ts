import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ProjectCopy } from '../helpers/project-copy';

const ROOT = resolve(__dirname, '..', '..');
const NAME = 'thumbnail-maker';
const STACK = 'stacks/document-pipeline-stack.ts';
const GATEWAY = 'services/gateway/main.ts';

let project: ProjectCopy;
beforeAll(async () => {
  project = await ProjectCopy.make();
  for (const part of ['test/services/template', 'test/helpers/no-skips-reporter.cjs', '.oxfmtrc.json']) {
    cpSync(join(ROOT, part), project.path(part), { recursive: true });
  }
});
afterAll(async () => {
  await project.dispose();
});

async function run(...args: string[]): Promise<{ exitCode: number | null; text: string }> {
  return await project.npm('run', '--silent', ...args).ended;
}

function read(file: string): string {
  return readFileSync(project.path(file), 'utf8');
}

/** Runs a program of a package there. */
function program(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, args, { cwd: project.directory, encoding: 'utf8' });
}

test.each([
  [[], "cannot add ''; write 'npm run new-service -- NAME'"],
  [['a', 'b'], "cannot add 'a b'; write 'npm run new-service -- NAME'"],
  [['Thumbnails'], "'Thumbnails' cannot name a service; allowed are"],
  [['../thumbnails'], "'../thumbnails' cannot name a service; allowed are"],
  [['thumb--nails'], "'thumb--nails' cannot name a service; allowed are"],
  [['a'.repeat(39)], 'cannot name a service; allowed are at most 38'],
  [['storage'], "'storage' is taken by services/storage; write another name"],
  [['telemetry'], "'telemetry' is taken by services/telemetry; write another name"],
  [['publish'], "'publish' is taken by services/publish.ts; write another name"],
  [['documents'], `'documents' is taken by ${STACK}; write another name`],
  [['health'], "'health' is taken by every service's path for probes; write another name"],
  [['images'], "'images' is taken by what the stack has for all its services; write another name"],
  [['publisher'], "'publisher' is taken by what the stack has for all its services; write another name"],
  [['api-run'], "'api-run' is taken by what the stack has for all its services; write another name"],
])('%j is refused in one line, and nothing is written', async (args, message) => {
  const before = [read(STACK), read(GATEWAY)];
  const { exitCode, text } = await run('new-service', '--', ...args);
  expect(exitCode).toBe(1);
  expect(text).toContain(message);
  expect(text.trim().split('\n')).toHaveLength(1);
  expect([read(STACK), read(GATEWAY)]).toEqual(before);
});

describe('a new service', () => {
  beforeAll(async () => {
    const { exitCode, text } = await run('new-service', '--', NAME);
    if (exitCode !== 0) throw new Error(text);
  }, 30_000);

  test('has code, a test, a construct, and an edge from the gateway', () => {
    expect(existsSync(project.path('services', NAME, 'main.ts'))).toBe(true);
    expect(existsSync(project.path('test', 'services', NAME, `${NAME}.test.ts`))).toBe(true);
    expect(read(STACK)).toContain('gateway.calls(thumbnailMakerService, { deadlineMs: 1_000 });');
    expect(read(`services/${NAME}/app.ts`)).not.toMatch(/template/i);
  });

  test('is type-checked and formatted, and its test passes', () => {
    const modules = join(ROOT, 'node_modules');
    const checked = program(join(modules, 'typescript', 'bin', 'tsc'));
    expect(checked).toMatchObject({ stdout: '', status: 0 });
    expect(program(join(modules, 'oxfmt', 'bin', 'oxfmt'), '--check', 'services', 'stacks').status).toBe(0);
    const jest = program(join(modules, 'jest', 'bin', 'jest.js'), join('services', NAME));
    expect(jest).toMatchObject({ stderr: expect.stringContaining('PASS'), status: 0 });
  }, 60_000);

  test('cannot be added twice', async () => {
    expect(await run('new-service', '--', NAME)).toEqual({
      exitCode: 1,
      text: `'${NAME}' is taken by services/${NAME}; write another name\n`,
    });
  });

  test('deploys at once to the local cloud, and answers behind the gateway in one trace', async () => {
    // GIVEN
    const cloud = project.npm('start', '--silent', '--', '--port', '0');
    await cloud.until(/Stays up until Ctrl-C/);
    const [, gateway = ''] = /gateway_url +(http:\S+)/.exec(cloud.printed()) ?? [];
    // WHEN
    const response = await fetch(`${gateway}/${NAME}`);
    const answer: { service: string; traceId: string } = JSON.parse(await response.text());
    const { text } = await run(
      'local',
      '--',
      'logs',
      '--trace',
      answer.traceId,
      '--service',
      `${NAME}-local`,
    );
    await run('local', '--', 'down');
    // THEN
    expect(response.status).toBe(200);
    expect(answer.service).toBe(NAME);
    expect(response.headers.get('x-cloud-trace-context')).toContain(answer.traceId);
    expect(text).toContain(`${NAME} asked`);
    expect((await cloud.ended).exitCode).toBe(0);
  }, 120_000);
});
