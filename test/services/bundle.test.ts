import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bundlePublisher, bundleService } from '../../services/bundle';
import { PROGRAM } from '../../services/launcher/program';
import { answering, GeminiServer } from './telemetry/gemini-server';

const SERVICES = resolve(__dirname, '../../services');

let outDir: string;

beforeAll(() => {
  outDir = mkdtempSync(join(tmpdir(), 'bundles-'));
});

afterAll(() => rmSync(outDir, { recursive: true }));

const bundleOf = (service: string): ReturnType<typeof bundleService> =>
  bundleService(join(SERVICES, service), outDir);

describe('a bundled service', () => {
  const ENVIRONMENT = {
    PROCESSOR_URL: 'http://127.0.0.1:9',
    PROCESSOR_DEADLINE_MS: '1000',
    STORAGE_URL: 'http://127.0.0.1:9',
    STORAGE_DEADLINE_MS: '1000',
    DOCUMENTS_BUCKET: 'documents',
    DOCUMENTS_BUCKET_LOCATION: 'EU',
    OTEL_TRACES_EXPORTER: 'none',
  };

  let running: ChildProcess | undefined;

  afterEach(() => {
    running?.kill('SIGKILL');
    running = undefined;
  });

  const start = async (
    service: string,
    more: Record<string, string> = {},
  ): Promise<{ url: string; failed: Promise<never> }> => {
    const port = await freePort();
    // A directory of its own, so that nothing is found beside the bundle.
    const env = { ...ENVIRONMENT, ...more, PORT: String(port) };
    const child = spawn(process.execPath, [join(bundleOf(service).directory, 'main.js')], {
      env,
      cwd: tmpdir(),
    });
    running = child;
    const lines: string[] = [];
    child.stdout.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
    const failed = once(child, 'exit').then(([code]) => {
      throw new Error(`${service} exited ${code}: ${lines.join('')}`);
    });
    // Looked at by whoever waits for something else.
    failed.catch(() => undefined);
    return { url: `http://127.0.0.1:${port}`, failed };
  };

  it.each(['gateway', 'processor', 'storage'])('serves without node_modules: %s', async (service) => {
    const { url, failed } = await start(service);

    const response = await Promise.race([answerOf(`${url}/health`), failed]);

    expect(response.status).toBe(200);
  });

  it('reads PDF, whose library is beside it', async () => {
    const { url, failed } = await start('processor');
    await Promise.race([answerOf(`${url}/health`), failed]);

    const response = await fetch(`${url}/documents/aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa`, {
      method: 'POST',
      headers: { 'content-type': 'application/pdf' },
      body: 'not a PDF',
    });

    expect(await response.json()).toMatchObject({ error: { code: 'CORRUPT_DOCUMENT' } });
  });

  it('asks Gemini, whose SDK is beside it', async () => {
    const gemini = await GeminiServer.start(answering({}));
    const settings = { GEMINI_API_KEY: 'key', GOOGLE_GEMINI_BASE_URL: gemini.url };
    const { url, failed } = await start('processor', settings);
    await Promise.race([answerOf(`${url}/health`), failed]);

    await fetch(`${url}/documents/aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'Some words.',
    });

    expect(gemini.requests).toHaveLength(1);
    gemini.close();
  });

  it.each([
    ['gateway', false],
    ['processor', true],
    ['storage', false],
  ])('has the SDK of Gemini beside it only where it is used: %s', (service, expected) => {
    const { directory } = bundleOf(service);

    expect(existsSync(join(directory, 'node_modules/@google/genai/index.js'))).toBe(expected);
    expect(readFileSync(join(directory, PROGRAM), 'utf8')).not.toContain('generativelanguage.googleapis.com');
  });

  it.each(['gateway', 'processor', 'storage'])("has Google's exporter and gRPC beside it: %s", (service) => {
    const { directory } = bundleOf(service);
    const exporter = 'node_modules/@google-cloud/opentelemetry-cloud-trace-exporter/index.js';

    expect(readFileSync(join(directory, exporter), 'utf8')).toContain('BatchWriteSpans');
    expect(readFileSync(join(directory, PROGRAM), 'utf8')).not.toContain('grpc-node-js/');
  });

  it('has what it needs at its start in one file, and what it may need later in a file of its own', () => {
    const auth = 'node_modules/google-auth-library/index.js';
    const code = 'oauth2.googleapis.com/token';
    const files = (service: string): Record<string, boolean> =>
      Object.fromEntries(
        [PROGRAM, auth].map((file) => {
          const path = join(bundleOf(service).directory, file);
          return [file, existsSync(path) && readFileSync(path, 'utf8').includes(code)];
        }),
      );

    expect(files('gateway')).toEqual({ [PROGRAM]: false, [auth]: true });
    // The client of Cloud Storage requires it.
    expect(files('storage')).toEqual({ [PROGRAM]: true, [auth]: false });
  });

  it('says in one line which setting is missing, and exits 1', () => {
    const env = { PORT: '0', OTEL_TRACES_EXPORTER: 'none' };
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(bundleOf('gateway').directory, 'main.js')],
      { env, encoding: 'utf8' },
    );

    expect(status).toBe(1);
    expect(stderr).toBe('');
    const lines = stdout.trim().split('\n');
    // The first one says that nothing is exported here.
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({
      severity: 'CRITICAL',
      message: expect.stringContaining('PROCESSOR_URL is not set'),
    });
  });

  it.each([
    ['gateway', 1.6],
    ['processor', 2.2],
    ['storage', 3.0],
  ])('stays small, so that it starts fast: %s', (service, limitMB) => {
    expect(statSync(join(bundleOf(service).directory, PROGRAM)).size / 1e6).toBeLessThan(limitMB);
  });
});

describe('the hash', () => {
  it('is of the code alone: another directory, another process, the same bytes', () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'bundles-'));
    const program = `
      const { bundleService } = require(${JSON.stringify(join(SERVICES, 'bundle.ts'))});
      process.stdout.write(JSON.stringify(bundleService(${JSON.stringify(join(SERVICES, 'gateway'))}, '.')));`;
    const tsx = require.resolve('tsx/cjs');

    const { stdout, stderr } = spawnSync(process.execPath, ['--require', tsx, '--eval', program], {
      cwd: elsewhere,
      encoding: 'utf8',
    });

    expect(stderr).toBe('');
    const other: ReturnType<typeof bundleService> = JSON.parse(stdout);
    const here = bundleOf('gateway');
    expect(other.hash).toBe(here.hash);
    expect(filesIn(join(elsewhere, other.directory))).toEqual(filesIn(here.directory));
    expect(readFileSync(join(here.directory, PROGRAM)).includes(resolve(SERVICES, '..'))).toBe(false);
    rmSync(elsewhere, { recursive: true });
  });

  it('changes with the code, and the bundle before is gone', () => {
    const directory = mkdtempSync(join(tmpdir(), 'service-'));
    const main = join(directory, 'main.ts');
    writeFileSync(main, 'console.log(1);');
    const before = bundleService(directory, outDir);
    writeFileSync(main, 'console.log(22);');

    const after = bundleService(directory, outDir);

    expect(after.hash).not.toBe(before.hash);
    expect(readFileSync(join(after.directory, PROGRAM), 'utf8')).toContain('22');
    expect(() => statSync(before.directory)).toThrow('ENOENT');
    rmSync(directory, { recursive: true });
  });

  it('is the same when only times have changed', () => {
    const directory = mkdtempSync(join(tmpdir(), 'service-'));
    writeFileSync(join(directory, 'main.ts'), 'console.log(1);');
    const before = bundleService(directory, outDir);
    utimesSync(join(directory, 'main.ts'), 1, 1);

    expect(bundleService(directory, outDir)).toEqual(before);
    rmSync(directory, { recursive: true });
  });
});

describe('packages of the project that a service is in', () => {
  it('are bundled anew when others have been installed, of the same size and age', () => {
    const project = mkdtempSync(join(tmpdir(), 'service-'));
    const lock = join(project, 'node_modules', '.package-lock.json');
    install(project, 'greeting', { 'index.js': "module.exports = 'hello';" });
    writeFileSync(lock, '1');
    writeFileSync(join(project, 'main.ts'), "import greeting from 'greeting'; console.log(greeting);");
    expect(run(project).stdout).toBe('hello\n');
    install(project, 'greeting', { 'index.js': "module.exports = 'salve';" });
    writeFileSync(lock, '1.1');

    expect(run(project).stdout).toBe('salve\n');
    rmSync(project, { recursive: true });
  });

  it('are those that each importer finds, also where telemetry needs another version', () => {
    const project = mkdtempSync(join(tmpdir(), 'service-'));
    install(project, 'google-auth-library', { 'index.js': "exports.version = 'its own';" });
    const telemetry = JSON.stringify(join(SERVICES, 'telemetry/google-auth'));
    writeFileSync(
      join(project, 'main.ts'),
      `import * as auth from ${telemetry};
       void import('google-auth-library').then((own) => console.log(own.version, Object.keys(auth).length > 0));`,
    );

    expect(run(project).stdout).toBe('its own true\n');
    expect(existsSync(join(bundleService(project, outDir).directory, 'node_modules'))).toBe(false);
    rmSync(project, { recursive: true });
  });

  it('are bundled where only a part of what is copied otherwise is imported', () => {
    const project = mkdtempSync(join(tmpdir(), 'service-'));
    install(project, 'unpdf', { 'part.js': "module.exports = 'a part';" });
    writeFileSync(join(project, 'main.ts'), "import part from 'unpdf/part'; console.log(part);");

    expect(run(project).stdout).toBe('a part\n');
    rmSync(project, { recursive: true });
  });
});

describe('what cannot be bundled', () => {
  it('is told with its file and place', () => {
    const directory = mkdtempSync(join(tmpdir(), 'service-'));
    writeFileSync(join(directory, 'main.ts'), "import './missing';");

    expect(() => bundleService(directory, outDir)).toThrow(/main\.ts:1:7.*missing/);
    rmSync(directory, { recursive: true });
  });

  it('is told by name when NodeSDK uses what is left out', () => {
    const directory = mkdtempSync(join(tmpdir(), 'service-'));
    writeFileSync(
      join(directory, 'main.ts'),
      `import { startNodeSDK } from '${require.resolve('@opentelemetry/sdk-node')}'; startNodeSDK();`,
    );

    const { stderr } = run(directory);

    expect(stderr.slice(-2_000)).toContain(
      "'createConfigFactory' comes from a package that is left out of the bundle",
    );
    rmSync(directory, { recursive: true });
  });
});

describe('what is left out', () => {
  it('stays where the service itself uses it', () => {
    const directory = mkdtempSync(join(tmpdir(), 'service-'));
    const [zipkin, metrics] = ['exporter-zipkin', 'sdk-metrics'].map((name) => `@opentelemetry/${name}`);
    writeFileSync(
      join(directory, 'main.ts'),
      `import { ZipkinExporter } from '${zipkin}';
       import { MeterProvider } from '${metrics}';
       import { NodeSDK } from '@opentelemetry/sdk-node';
       new NodeSDK({ traceExporter: new ZipkinExporter(), metricReaders: [], logRecordProcessors: [] });
       console.log(typeof new MeterProvider().getMeter('m').createCounter('c').add);`,
    );
    symlinkSync(resolve(SERVICES, '../node_modules'), join(directory, 'node_modules'));

    const { status, stdout, stderr } = run(directory);

    // The end of it, because Node.js begins with the line of code that failed.
    expect({ status, stdout, stderr: stderr.slice(-500) }).toEqual({
      status: 0,
      stdout: 'function\n',
      stderr: '',
    });
    rmSync(directory, { recursive: true });
  });
});

describe("OpenTelemetry's attribute names", () => {
  it('are all there that telemetry uses', () => {
    const attributes = JSON.stringify(join(SERVICES, 'telemetry/attributes.ts'));
    const names = outputOf(`import * as names from ${attributes}; console.log(JSON.stringify(names));`);

    expect(JSON.parse(names)).toEqual(jest.requireActual('../../services/telemetry/attributes'));
  });

  it('are all there that a service uses, also old and experimental ones', () => {
    const source = `
      import { SEMATTRS_DB_SYSTEM } from '@opentelemetry/semantic-conventions';
      import { ATTR_CLOUD_REGION } from '@opentelemetry/semantic-conventions/incubating';
      console.log(SEMATTRS_DB_SYSTEM, ATTR_CLOUD_REGION);`;

    expect(outputOf(source)).toBe('db.system cloud.region');
  });
});

describe('the publisher', () => {
  it('is one file that needs nothing but Node.js', () => {
    const { file, hash } = bundlePublisher(outDir);

    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    expect(readFileSync(file, 'utf8')).not.toMatch(/require\("(?!node:)/);
  });
});

/** Writes a package as npm does, with times that say nothing. */
function install(project: string, name: string, files: Readonly<Record<string, string>>): void {
  const directory = join(project, 'node_modules', name);
  mkdirSync(directory, { recursive: true });
  for (const [file, content] of Object.entries({ 'package.json': '{}', ...files })) {
    writeFileSync(join(directory, file), content);
    utimesSync(join(directory, file), 1, 1);
  }
}

function filesIn(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => statSync(join(directory, name)).isFile());
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(directory, name), 'base64')]));
}

/** What a service prints that is nothing but this source. */
function outputOf(source: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'service-'));
  symlinkSync(resolve(SERVICES, '../node_modules'), join(directory, 'node_modules'));
  writeFileSync(join(directory, 'main.ts'), source);
  const { stdout, stderr } = run(directory);
  rmSync(directory, { recursive: true });
  expect(stderr.slice(-500)).toBe('');
  return stdout.trim();
}

/** Bundles a directory and runs it to its end. */
function run(directory: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(bundleService(directory, outDir).directory, 'main.js')], {
    encoding: 'utf8',
  });
}

/** Asks until there is an answer. */
async function answerOf(url: string): Promise<Response> {
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    if (response) return response;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
