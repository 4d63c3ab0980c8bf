import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { bundlePublisher } from '../../services/bundle';
import { listenLocally } from './telemetry/http';

const IMAGE = 'europe-west1-docker.pkg.dev/my-project/images/gateway:0123456789abcdef';

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let directory: string;
let bundle: string;
let bin: string;
let publisher: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'publish-'));
  publisher = bundlePublisher(join(directory, 'out')).file;
});

beforeEach(() => {
  bundle = join(directory, 'bundle');
  bin = join(directory, 'bin');
  rmSync(bundle, { recursive: true, force: true });
  rmSync(bin, { recursive: true, force: true });
  mkdirSync(bundle);
  mkdirSync(bin);
  writeFileSync(join(bundle, 'main.js'), 'console.log(1);');
});

afterAll(() => rmSync(directory, { recursive: true }));

/** Runs the publish step as the deploy does: a relative path, in the directory of the stack. */
function publish(env: Record<string, string> = {}): Promise<Run> {
  const child = spawn(process.execPath, [publisher], {
    cwd: directory,
    env: { PATH: bin, IMAGE_URI: IMAGE, BUNDLE_DIRECTORY: 'bundle', ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => {
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** Puts a `gcloud` on the PATH that keeps its arguments and the directory it is given, and does what it is told to. */
function installGcloud(answers: { readonly describe: string; readonly build: string }): void {
  const program = `#!${process.execPath}
    const { appendFileSync, cpSync } = require('node:fs');
    const args = process.argv.slice(2);
    appendFileSync(${JSON.stringify(join(bin, 'calls'))}, JSON.stringify(args) + '\\n');
    if (args[0] === 'builds') cpSync(args[2], ${JSON.stringify(join(bin, 'context'))}, { recursive: true });
    const said = args[0] === 'builds' ? ${JSON.stringify(answers.build)} : ${JSON.stringify(answers.describe)};
    if (said !== '') { console.error(said); process.exitCode = 1; }`;
  writeFileSync(join(bin, 'gcloud'), program);
  chmodSync(join(bin, 'gcloud'), 0o755);
}

const calls = (): string[][] =>
  readFileSync(join(bin, 'calls'), 'utf8')
    .trim()
    .split('\n')
    .map((line): string[] => JSON.parse(line));

describe('against Google', () => {
  it('builds and pushes the bundle as an image that runs as nobody', async () => {
    installGcloud({ describe: 'ERROR: Image not found.', build: '' });

    const run = await publish();

    expect(run).toMatchObject({ status: 0, stdout: `${IMAGE} built and pushed\n`, stderr: '' });
    const [, build] = calls();
    expect(build).toEqual([
      'builds',
      'submit',
      expect.any(String),
      '--tag',
      IMAGE,
      '--suppress-logs',
      '--project',
      'my-project',
      '--quiet',
    ]);
    const dockerfile = readFileSync(join(bin, 'context', 'Dockerfile'), 'utf8');
    expect(dockerfile.split('\n').slice(-6)).toEqual([
      'WORKDIR /app',
      'COPY --chown=65532:65532 bundle/ ./',
      'USER nonroot',
      'RUN ["/nodejs/bin/node", "warm-up.js"]',
      'CMD ["main.js"]',
      '',
    ]);
    expect(readFileSync(join(bin, 'context', 'bundle', 'main.js'), 'utf8')).toBe('console.log(1);');
    expect(existsSync(build?.[2] ?? '')).toBe(false);
  });

  it('builds nothing when the image is there', async () => {
    installGcloud({ describe: '', build: 'must not be called' });

    expect(await publish()).toMatchObject({ status: 0, stdout: `${IMAGE} is there already\n` });
    expect(calls()).toEqual([
      ['artifacts', 'docker', 'images', 'describe', IMAGE, '--project', 'my-project', '--quiet'],
    ]);
  });

  it.each([
    [
      'not logged in',
      'ERROR: (gcloud.builds.submit) You do not currently have an active account selected.',
      'gcloud auth login',
    ],
    [
      'API off',
      'ERROR: API [cloudbuild.googleapis.com] not enabled on project [1].',
      'gcloud services enable cloudbuild.googleapis.com',
    ],
    ['not allowed', 'ERROR: PERMISSION_DENIED: The caller lacks it', 'roles/cloudbuild.builds.editor'],
    ['anything else', 'ERROR: build step 0 failed', 'ERROR: build step 0 failed'],
  ])('says in one line what to do: %s', async (_what, said, remedy) => {
    installGcloud({ describe: 'ERROR: Image not found.', build: said });

    const { status, stderr } = await publish();

    expect(status).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(remedy);
  });

  it('says where to get gcloud when there is none', async () => {
    expect(await publish()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('https://cloud.google.com/sdk/docs/install'),
    });
  });

  it('takes a project of a domain apart', async () => {
    installGcloud({ describe: '', build: '' });

    await publish({ IMAGE_URI: 'europe-west1-docker.pkg.dev/example.com/project/images/a:b' });

    expect(calls()[0]).toEqual(expect.arrayContaining(['--project', 'example.com:project']));
  });
});

describe('against the local cloud', () => {
  let registry: Server;
  let url: string;
  let requests: { method: string; uri: string | null; body: unknown }[];
  let status: number;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://registry');
    const method = `${request.method} ${pathname}`;
    requests.push({ method, uri: searchParams.get('uri'), body: await json(request) });
    response.writeHead(status).end('{"error":"no room"}');
  };

  beforeEach(async () => {
    requests = [];
    status = 201;
    registry = createServer((request, response) => void answer(request, response));
    url = await listenLocally(registry);
  });

  afterEach(() => {
    registry.close();
    registry.closeAllConnections();
  });

  it('hands over the absolute path of the bundle, and never asks gcloud', async () => {
    expect(await publish({ LOCAL_CLOUD_REGISTRY: url })).toMatchObject({ status: 0, stderr: '' });
    expect(requests).toEqual([{ method: 'PUT /images', uri: IMAGE, body: { directory: bundle } }]);
  });

  it('says what the registry said', async () => {
    status = 400;

    expect(await publish({ LOCAL_CLOUD_REGISTRY: url })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('400: {"error":"no room"}'),
    });
  });

  it('says that nobody is there', async () => {
    registry.close();
    await new Promise((resolve) => registry.once('close', resolve));

    expect(await publish({ LOCAL_CLOUD_REGISTRY: url })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`LOCAL_CLOUD_REGISTRY=${url}`),
    });
  });
});

describe('a deploy that gives too little', () => {
  it.each([
    ['IMAGE_URI', { IMAGE_URI: '' }],
    ['BUNDLE_DIRECTORY', { BUNDLE_DIRECTORY: '' }],
    ['BUNDLE_DIRECTORY', { BUNDLE_DIRECTORY: 'nowhere' }],
    ['IMAGE_URI', { IMAGE_URI: 'gateway' }],
  ])('is told the variable: %s', async (variable, env: Record<string, string>) => {
    const { status, stderr } = await publish(env);

    expect(status).toBe(1);
    expect(stderr).toContain(variable);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
