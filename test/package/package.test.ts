import { createServer } from 'node:http';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PackedPackage, runIn } from '../helpers/packed-package';
import { ChildService } from '../services/telemetry/child-service';
import { listenLocally, send } from '../services/telemetry/http';

const PROJECT = join(__dirname, 'project');
const STACK = join('cdktf.out', 'stacks', 'greetings');
/** Jest as it is by default, for TypeScript. */
const MANIFEST = { name: 'greetings', version: '1.0.0', jest: { transform: { '\\.ts$': '@swc/jest' } } };

let packed: PackedPackage;
/** Somebody's project with a stack, its test and a service, which has the package installed. */
let project: string;

beforeAll(async () => {
  packed = await PackedPackage.make();
  project = packed.install();
  addCode(project);
}, 60_000);

afterAll(() => packed.dispose());

function addCode(directory: string): void {
  cpSync(PROJECT, directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), JSON.stringify(MANIFEST));
}

/** Runs the app as `cdktf synth` does, and returns the directory of the bundle that would be deployed. */
function synthIn(directory: string): string {
  const { status, stderr } = runIn(directory, '--import', 'tsx', 'main.ts');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const json = readFileSync(join(directory, STACK, 'cdk.tf.json'), 'utf8');
  const [, bundle = ''] = /"BUNDLE_DIRECTORY": "([^"]+)"/.exec(json) ?? [];
  return join(directory, STACK, bundle);
}

test('the package holds compiled code, types, what is bundled or read as it is, and all that it exports', () => {
  const files = readdirSync(packed.content, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(packed.content.length + 1));
  const expected =
    /^(?:dist\/.*\.(?:js|d\.ts)|local\/.*|services\/telemetry\/[\w-]+\.ts|README\.md|LICENSE|package\.json)$/;
  expect(files.filter((file) => !expected.test(file))).toEqual([]);
  const manifest: {
    readonly exports: Record<string, Record<string, string>>;
    readonly typesVersions: { readonly '*': Record<string, string[]> };
    readonly main: string;
    readonly types: string;
  } = JSON.parse(readFileSync(join(packed.content, 'package.json'), 'utf8'));
  const targets = [
    ...Object.values(manifest.exports).flatMap((conditions) => Object.values(conditions)),
    ...Object.values(manifest.typesVersions['*']).flat(),
    manifest.main,
    manifest.types,
  ];
  for (const target of targets) expect(existsSync(join(packed.content, target))).toBe(true);
});

test('a stack and the tests of it are what a strict compiler expects', () => {
  // Jest's functions are globals to some, and imported by others.
  const spec = readFileSync(join(PROJECT, 'greeter-stack.spec.ts'), 'utf8');
  const imported = `import { afterAll, beforeAll, expect, test } from '@jest/globals';\n${spec}`;
  writeFileSync(join(project, 'imported-jest.spec.ts'), imported);
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--skipLibCheck', '--types', 'node,jest'];
  const { stdout, status } = runIn(
    project,
    join('node_modules', 'typescript', 'bin', 'tsc'),
    ...options,
    'imported-jest.spec.ts',
    ...readdirSync(PROJECT, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts')),
  );
  expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
});

test('a stack that composes its constructs is snapshot-tested, which tells a changed deadline', () => {
  // GIVEN
  const jest = join('node_modules', 'jest', 'bin', 'jest.js');
  const first = runIn(project, jest, '--ci=false', 'greetings-stack');
  expect(first.stderr).toContain('1 snapshot written');
  expect(runIn(project, jest, '--ci', 'greetings-stack')).toMatchObject({
    status: 0,
    stderr: expect.stringContaining('1 passed'),
  });
  // WHEN
  const file = join(project, 'greetings-stack.ts');
  const source = readFileSync(file, 'utf8');
  writeFileSync(file, source.replace('deadlineMs: 800', 'deadlineMs: 900'));
  const changed = runIn(project, jest, '--ci', 'greetings-stack');
  writeFileSync(file, source);
  // THEN
  expect(changed.status).toBe(1);
  expect(changed.stderr).toMatch(/-\s+"value": "800"\n\s*\+\s+"value": "900"/);
}, 60_000);

test('a stack is deployed to a local cloud by its test, and its trace looked at', () => {
  const { stderr, status } = runIn(project, join('node_modules', 'jest', 'bin', 'jest.js'), 'greeter-stack');
  expect({ stderr, status }).toEqual({ stderr: expect.stringContaining('2 passed'), status: 0 });
}, 90_000);

test('a service of the project is bundled with the telemetry of the package, and traced', async () => {
  // GIVEN
  const elsewhere = join(project, 'no-packages', 'here');
  mkdirSync(dirname(elsewhere));
  cpSync(synthIn(project), elsewhere, { recursive: true });
  let received = '';
  const collector = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
    request.on('end', () => response.end());
  });
  const service = await ChildService.probe(join(elsewhere, 'main.js'), {
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: await listenLocally(collector),
  });
  // WHEN
  const answer = await send(`${service.url}/greeting`);
  service.signal('SIGTERM');
  const end = await service.exit();
  collector.close();
  // THEN
  expect(answer.body).toBe('hello');
  expect(end).toEqual({ code: 0, signal: null });
  expect(received).toContain('/greeting');
  const line = service.lines.find(({ path }) => path === '/greeting');
  expect(line?.['logging.googleapis.com/trace']).toMatch(/^[0-9a-f]{32}$/);
});

test('the bundle of a service is as lean as in the repository', () => {
  const bundle = synthIn(project);
  const apart = '@google-cloud/opentelemetry-cloud-trace-exporter';
  expect(readdirSync(join(bundle, 'node_modules'), { recursive: true })).toContain(join(apart, 'index.js'));
  expect(readFileSync(join(bundle, 'service', 'index.js'), 'utf8')).not.toMatch(
    /grpc-node-js|exporter-zipkin/,
  );
  expect(existsSync(join(bundle, 'warm-up.js'))).toBe(true);
});

test('the image of a service has the same tag in another project, whose packages are elsewhere', () => {
  const monorepo = packed.install();
  const inside = join(monorepo, 'packages', 'greetings');
  addCode(inside);
  const [here, there] = [synthIn(project), synthIn(inside)];
  expect(there.slice(inside.length)).toBe(here.slice(project.length));
  expect(bytesOf(there)).toEqual(bytesOf(here));
});

describe('installed by npm in an empty project', () => {
  let installed: string;
  beforeAll(() => {
    installed = packed.installByNpm();
  }, 120_000);

  test('it comes with one core of OpenTelemetry', () => {
    const cores = readdirSync(join(installed, 'node_modules'), { recursive: true, encoding: 'utf8' });
    expect(cores.filter((path) => path.endsWith(join('@opentelemetry', 'core', 'package.json')))).toEqual([
      join('@opentelemetry', 'core', 'package.json'),
    ]);
  });

  test('it needs nothing more to trace a service', () => {
    const service = `require('traced-cloud-run/telemetry/boot');
      const server = require('node:http').createServer((request, response) => response.end());
      server.listen(0, '127.0.0.1', async () => {
        await fetch('http://127.0.0.1:' + server.address().port + '/greeting');
        process.exit();
      });`;
    const { status, stdout, stderr } = runIn(installed, '--eval', service);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('"GET /greeting 200"');
  });
});

describe('without its optional peers', () => {
  test('the telemetry is used, and the constructs say what to install', () => {
    const telemetryOnly = packed.install(['cdktf', 'constructs', '@cdktf/provider-google', 'esbuild']);
    const script = `require('traced-cloud-run/telemetry').log.info('traced');
      try { require('traced-cloud-run') } catch (error) { console.error(error.message) }`;
    const { stdout, stderr } = runIn(telemetryOnly, '--eval', script);
    expect(JSON.parse(stdout)).toMatchObject({ message: 'traced' });
    expect(stderr).toBe(
      'traced-cloud-run takes cdktf, constructs, @cdktf/provider-google, not installed here; ' +
        'run: npm install --save-dev cdktf@^0.21.0 constructs@^10.4.2 @cdktf/provider-google@^16.12.1\n',
    );
  });

  test('the test kit says what to install', () => {
    const without = packed.install(['@grpc/grpc-js', '@msgpack/msgpack', 'selfsigned']);
    const script = `try { require('traced-cloud-run/testing') } catch (error) { console.error(error.message) }`;
    expect(runIn(without, '--eval', script).stderr).toBe(
      'traced-cloud-run/testing takes @grpc/grpc-js, @msgpack/msgpack, selfsigned, not installed here; ' +
        'run: npm install --save-dev @grpc/grpc-js@^1.14.7 @msgpack/msgpack@^3.1.3 selfsigned@^5.5.0\n',
    );
  });

  test('images of others need no esbuild, and a directory says so', () => {
    const withoutEsbuild = packed.install(['esbuild', 'tsx']);
    addCode(withoutEsbuild);
    const script = `
      const { TerraformStack, Testing } = require('cdktf');
      const { GoogleProvider } = require('@cdktf/provider-google/lib/provider');
      const { ServiceCode, TracedCloudRunService } = require('traced-cloud-run');
      const stack = new TerraformStack(Testing.app(), 'shop');
      new GoogleProvider(stack, 'google', { project: 'my-project', region: 'europe-west1' });
      new TracedCloudRunService(stack, 'names', { code: ServiceCode.fromImage('host/names:7') });
      const code = ServiceCode.fromDirectory('services/greeter');
      try { new TracedCloudRunService(stack, 'greeter', { code }) } catch (error) { console.error(error.message) }`;
    expect(runIn(withoutEsbuild, '--eval', script)).toMatchObject({
      stderr:
        'ServiceCode.fromDirectory takes esbuild, not installed here; run: npm install --save-dev esbuild@^0.28.0\n',
      status: 0,
    });
  });
});

/** Content by path of all files below a directory. */
function bytesOf(directory: string): Record<string, string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(directory.length), readFileSync(path, 'base64')];
    }),
  );
}
