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
    env: {
      PATH: bin,
      IMAGE_URI: IMAGE,
      BUNDLE_DIRECTORY: 'bundle',
      IMAGE_BUILDER: 'cloud-build',
      ...env,
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => {
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** What a program is told to say, and to fail for, by the first word of its command. */
type Answers = Readonly<Record<string, string>>;

/** Puts a program on the PATH that keeps its arguments, variables and build context, and does what it is told to. */
function install(program: 'gcloud' | 'docker', answers: Answers): void {
  const source = `#!${process.execPath}
    const { appendFileSync, cpSync, existsSync, readdirSync, statSync } = require('node:fs');
    const args = process.argv.slice(2);
    appendFileSync(${JSON.stringify(join(bin, 'calls'))}, JSON.stringify(args) + '\\n');
    appendFileSync(${JSON.stringify(join(bin, 'variables'))}, JSON.stringify(process.env) + '\\n');
    const context = args.find((arg) => existsSync(arg + '/Dockerfile'));
    if (context) {
      cpSync(context, ${JSON.stringify(join(bin, 'context'))}, { recursive: true });
      for (const path of readdirSync(context, { recursive: true }).toSorted()) {
        appendFileSync(${JSON.stringify(join(bin, 'times'))}, path + ' ' + statSync(context + '/' + path).mtimeMs + '\\n');
      }
    }
    const said = ${JSON.stringify(answers)}[args[0]] ?? '';
    if (said !== '') { console.error(said); process.exitCode = 1; }`;
  writeFileSync(join(bin, program), source);
  chmodSync(join(bin, program), 0o755);
}

const NOT_FOUND = 'ERROR: Image not found.';

const calls = (): string[][] =>
  readFileSync(join(bin, 'calls'), 'utf8')
    .trim()
    .split('\n')
    .map((line): string[] => JSON.parse(line));

describe('with Cloud Build', () => {
  it('builds and pushes the bundle as an image that runs as nobody', async () => {
    install('gcloud', { artifacts: NOT_FOUND });

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
    // The entry point of the base is Node.js itself, which is then the process that gets the signals.
    expect(dockerfile.split('\n')).toEqual([
      'FROM gcr.io/distroless/nodejs24-debian12',
      'ENV NODE_ENV=production',
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
    install('gcloud', { builds: 'must not be called' });

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
    install('gcloud', { artifacts: NOT_FOUND, builds: said });

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
    install('gcloud', {});

    await publish({ IMAGE_URI: 'europe-west1-docker.pkg.dev/example.com/project/images/a:b' });

    expect(calls()[0]).toEqual(expect.arrayContaining(['--project', 'example.com:project']));
  });
});

describe('with Docker', () => {
  const DOCKER = { IMAGE_BUILDER: 'docker' };
  const NO_MANIFEST = `no such manifest: ${IMAGE}`;

  it('builds for the platform of Cloud Run and pushes, without gcloud', async () => {
    install('docker', { manifest: NO_MANIFEST });

    const run = await publish(DOCKER);

    expect(run).toMatchObject({ status: 0, stdout: `${IMAGE} built and pushed\n`, stderr: '' });
    expect(calls()).toEqual([
      ['manifest', 'inspect', IMAGE],
      ['build', '--platform', 'linux/amd64', '--tag', IMAGE, expect.any(String)],
      ['push', IMAGE],
    ]);
    expect(readFileSync(join(bin, 'context', 'Dockerfile'), 'utf8')).toContain('USER nonroot');
    expect(readFileSync(join(bin, 'context', 'bundle', 'main.js'), 'utf8')).toBe('console.log(1);');
    expect(existsSync(calls()[1]?.at(-1) ?? '')).toBe(false);
  });

  it('makes the same image of the same bundle at any time', async () => {
    install('docker', { manifest: NO_MANIFEST });

    await publish(DOCKER);

    expect(readFileSync(join(bin, 'times'), 'utf8')).toBe('Dockerfile 0\nbundle 0\nbundle/main.js 0\n');
    const [, build = ''] = readFileSync(join(bin, 'variables'), 'utf8').split('\n');
    expect(JSON.parse(build)).toMatchObject({ SOURCE_DATE_EPOCH: '0', BUILDX_NO_DEFAULT_ATTESTATIONS: '1' });
  });

  it('builds nothing when the image is there', async () => {
    install('docker', { build: 'must not be called' });

    expect(await publish(DOCKER)).toMatchObject({ status: 0, stdout: `${IMAGE} is there already\n` });
    expect(calls()).toEqual([['manifest', 'inspect', IMAGE]]);
  });

  const LOGIN = 'run: gcloud auth configure-docker europe-west1-docker.pkg.dev,';
  it.each([
    ['build', 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.', 'start Docker Desktop'],
    [
      'build',
      'failed to connect to the docker API at npipe:////./pipe/docker_engine',
      'start Docker Desktop',
    ],
    ['build', 'permission denied while trying to connect to the Docker daemon socket', 'linux-postinstall'],
    [
      'build',
      'exec /nodejs/bin/node: exec format error',
      '--install amd64, or use ImageBuilder.cloudBuild()',
    ],
    ['build', 'COPY failed: file not found', 'docker build failed (docker: COPY failed: file not found)'],
    ['manifest', 'denied: Unauthenticated request. Unauthenticated requests do not have permission', LOGIN],
    ['manifest', 'unauthorized: authentication failed', LOGIN],
    ['push', 'denied: Permission "artifactregistry.repositories.uploadArtifacts" denied on resource', LOGIN],
    ['push', 'no basic auth credentials', LOGIN],
    ['push', 'exec: "docker-credential-gcloud": executable file not found in $PATH', 'cloud.google.com/sdk'],
    ['push', 'ERROR: You do not currently have an active account selected.', 'run: gcloud auth login'],
    ['push', 'connection reset by peer', 'docker push failed (docker: connection reset by peer)'],
  ])('says in one line what to do when %s says: %s', async (command, said, remedy) => {
    install('docker', { manifest: NO_MANIFEST, [command]: said });

    const { status, stderr } = await publish(DOCKER);

    expect(status).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(`${IMAGE} was not built: `);
    expect(stderr).toContain(remedy);
    expect(calls().at(-1)?.[0]).toBe(command);
  });

  it('says where to get docker when there is none', async () => {
    expect(await publish(DOCKER)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(
        'docker is not installed; see https://docs.docker.com/get-started/get-docker',
      ),
    });
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

  it('hands over the absolute path of the bundle, and never builds', async () => {
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
    ['IMAGE_BUILDER', { IMAGE_BUILDER: '' }],
    ["IMAGE_BUILDER is 'kaniko', allowed is cloud-build, docker", { IMAGE_BUILDER: 'kaniko' }],
  ])('is told the variable: %s', async (variable, env: Record<string, string>) => {
    const { status, stderr } = await publish(env);

    expect(status).toBe(1);
    expect(stderr).toContain(variable);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
