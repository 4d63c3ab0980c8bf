import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CloudRunFixture, LOCATION, program, PROJECT } from './cloud-run-fixture';

let cloud: CloudRunFixture;
beforeEach(async () => {
  cloud = await CloudRunFixture.open();
});
afterEach(() => cloud.dispose());

const say = (text: string): string => program(`(request, response) => response.end('${text}')`);
const body = async (uri: string): Promise<string> => (await fetch(uri)).text();

describe('a service', () => {
  it('runs its image with the environment that Cloud Run promises and nothing of the daemon', async () => {
    // GIVEN
    process.env['DAEMON_SECRET'] = 'not for containers';
    cloud.secrets.set('password/latest', 'hunter2');
    const uri = await cloud.serve(
      'echo',
      program(
        '(request, response) => response.end(JSON.stringify({ env: process.env, argv: process.argv.slice(2), cwd: process.cwd() }))',
      ),
      { timeoutSec: 42 },
      {
        args: ['--verbose'],
        env: { GREETING: 'hello' },
        secretEnv: { PASSWORD: { projectId: PROJECT, secret: 'password', version: 'latest' } },
      },
    );

    // WHEN
    const seen: {
      env: Record<string, string>;
      argv: string[];
      cwd: string;
    } = JSON.parse(await body(uri));

    // THEN
    expect(seen.argv).toEqual(['--verbose']);
    expect(seen.cwd).toBe(cloud.images.directoryOf('echo'));
    expect(seen.env).toMatchObject({
      GREETING: 'hello',
      PASSWORD: 'hunter2',
      K_SERVICE: 'echo',
      K_CONFIGURATION: 'echo',
      K_REVISION: expect.stringMatching(/^echo-00001-[a-z]{3}$/),
      CLOUD_RUN_TIMEOUT_SECONDS: '42',
      GCE_METADATA_HOST: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      no_proxy: '127.0.0.1,localhost',
    });
    expect(seen.env['GRPC_DEFAULT_SSL_ROOTS_FILE_PATH']).toBe(join(cloud.directory, 'ca.pem'));
    expect(seen.env).not.toHaveProperty('DAEMON_SECRET');
    expect(seen.env).not.toHaveProperty('HOME');
    delete process.env['DAEMON_SECRET'];
  });

  it('can run another program of its image with command and args', async () => {
    const source = program('(request, response) => response.end(process.argv.slice(2).join())');
    const uri = await cloud.serve('other', source, {}, { command: ['node', 'main.js', 'a'], args: ['b'] });
    expect(await body(uri)).toBe('a,b');
  });

  it('hands on the lines of its container, also the last one without an end', async () => {
    // GIVEN
    const uri = await cloud.serve(
      'talker',
      program(
        `() => process.stderr.write('last words', () => process.exit(0))`,
        `process.stdout.write('{"severity":"WARNING","message":"one"}\\ntw'); process.stdout.write('o\\n');`,
      ),
    );

    // WHEN
    await fetch(uri);

    // THEN
    const from = { service: 'talker', location: LOCATION, revision: expect.stringMatching(/^talker-00001-/) };
    expect(await cloud.line('one')).toMatchObject({
      ...from,
      log: 'stdout',
      severity: 'WARNING',
      message: 'one',
    });
    expect(await cloud.line('two')).toMatchObject({ ...from, log: 'stdout', message: 'two' });
    expect(await cloud.line('last')).toMatchObject({ ...from, log: 'stderr', message: 'last words' });
  });

  it('cannot be created twice', async () => {
    await cloud.serve('twice', say('1'));
    await expect(cloud.run.create(cloud.spec('twice', 'twice'))).rejects.toThrow(
      'Error 409: Cloud Run service projects/local-test/locations/europe-west1/services/twice already exists.',
    );
  });

  it('is gone after its deletion, with its process and its policy', async () => {
    // GIVEN
    const uri = await cloud.serve('shortlived', say('hello'));
    const spec = cloud.spec('shortlived', 'shortlived');
    cloud.allow(spec, 'allUsers');
    const instances = join(cloud.directory, 'instances.json');
    expect(existsSync(instances)).toBe(true);

    // WHEN
    await cloud.run.delete(spec);

    // THEN
    expect(cloud.run.get(spec)).toBeUndefined();
    expect(existsSync(instances)).toBe(false);
    await expect(fetch(uri)).rejects.toThrow('fetch failed');
    expect(
      cloud.iam.members(
        '//run.googleapis.com/projects/local-test/locations/europe-west1/services/shortlived',
        'roles/run.invoker',
      ),
    ).toEqual([]);
  });
});

describe('an update', () => {
  it('moves the traffic to a new revision at the same address and stops the old container', async () => {
    // GIVEN
    const uri = await cloud.serve(
      'moving',
      program(
        `(request, response) => response.end('old')`,
        `process.on('exit', () => console.log('old one leaves'));`,
      ),
    );
    await cloud.publish('new', say('new'));

    // WHEN
    const updated = await cloud.run.update(cloud.spec('moving', 'new'));

    // THEN
    expect(updated).toMatchObject({ uri, generation: 2, revision: expect.stringMatching(/^moving-00002-/) });
    expect(await body(uri)).toBe('new');
    await cloud.line('old one leaves');
  });

  it('lets the old revision finish the requests it has', async () => {
    // GIVEN a request that the old revision answers when there is a file
    const uri = await cloud.serve(
      'finishing',
      program(
        `(request, response) => { console.log('began'); setInterval(() => fs.existsSync('go') && response.end('old'), 10); }`,
        `const fs = require('node:fs');`,
      ),
    );
    const slow = body(uri);
    await cloud.line('began');
    await cloud.publish('new', say('new'));

    // WHEN
    await cloud.run.update(cloud.spec('finishing', 'new'));
    const next = await body(uri);
    await writeFile(join(cloud.images.directoryOf('finishing') ?? '', 'go'), '');

    // THEN
    expect(next).toBe('new');
    expect(await slow).toBe('old');
  });

  it('of anything but the template keeps the revision', async () => {
    await cloud.serve('kept', say('same'));
    const before = cloud.run.get(cloud.spec('kept', 'kept'));
    const updated = await cloud.run.update(cloud.spec('kept', 'kept', { labels: { team: 'a' } }));
    expect(await cloud.run.update(cloud.spec('kept', 'kept', { labels: { team: 'a' } }))).toEqual(updated);
    expect(updated).toMatchObject({
      revision: before?.revision,
      generation: 2,
      spec: { labels: { team: 'a' } },
    });
  });
});

describe('a container that ends while it serves', () => {
  it('is started again by the next request', async () => {
    // GIVEN
    const uri = await cloud.serve(
      'fragile',
      program(
        `(request, response) => { if (request.url === '/die') process.exit(7); response.end('pid ' + process.pid); }`,
      ),
    );
    const first = await body(uri);

    // WHEN
    const dying = await fetch(`${uri}/die`);
    const crash = await cloud.logged(({ log, message }) => log === 'system' && message.includes('exit(7)'));
    const second = await body(uri);

    // THEN
    expect(dying.status).toBe(503);
    expect(crash).toMatchObject({
      severity: 'ERROR',
      service: 'fragile',
      message: 'Container called exit(7).',
    });
    expect(second).toMatch(/^pid \d+$/);
    expect(second).not.toBe(first);
  });

  it('answers 503 while it cannot be started again', async () => {
    // GIVEN a program that starts once only
    const uri = await cloud.serve(
      'once',
      program(
        `() => process.exit(1)`,
        `const fs = require('node:fs'); if (fs.existsSync('started')) process.exit(9); fs.writeFileSync('started', '');`,
      ),
    );
    expect((await fetch(uri)).status).toBe(503);
    await cloud.logged(({ log, message }) => log === 'system' && message.includes('exit(1)'));

    // WHEN
    const response = await fetch(uri);

    // THEN
    expect(response.status).toBe(503);
    const entry = await cloud.logged(({ log, message }) => log === 'requests' && message.includes('exit(9)'));
    expect(entry).toMatchObject({ severity: 'ERROR', httpRequest: { status: 503 } });
  });

  it('is killed when its liveness probe fails, and then started again', async () => {
    // GIVEN a container that is alive until it is asked to fall ill
    const uri = await cloud.serve(
      'ill',
      program(
        `(request, response) => { if (request.url === '/fall-ill') ill = true; if (ill && request.url === '/alive') response.statusCode = 500; response.end(String(ill)); }`,
        'let ill = false;',
      ),
      {},
      {
        livenessProbe: {
          httpGet: { path: '/alive', headers: {} },
          initialDelaySec: 0,
          timeoutSec: 1,
          periodSec: 1,
          failureThreshold: 1,
        },
      },
    );

    // WHEN
    await fetch(`${uri}/fall-ill`);
    await cloud.logged(
      ({ message }) =>
        message === 'Liveness probe (HTTP GET /alive, 1 attempt within 1 s) failed: HTTP status 500.',
    );
    await cloud.logged(({ message }) => message === 'Container was terminated by SIGKILL.');

    // THEN
    expect(await body(uri)).toBe('false');
  });
});
