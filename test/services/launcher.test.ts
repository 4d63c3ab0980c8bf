import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bundleService } from '../../services/bundle';

const CACHE = 'service/index.cache';

/** Serves, tells where it listens and what a module knows about itself, and ends. */
const SERVICE = `
  import { createServer } from 'node:http';
  import { AddressInfo } from 'node:net';

  const late = String('node:os');
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/health' ? 200 : 404).end();
  });
  server.listen({ host: '0.0.0.0', port: Number(process.env.PORT) }, async () => {
    const { hostname } = await import(late);
    const { wide } = await import(process.env.MODULE);
    const { address } = server.address() as AddressInfo;
    const [, frame] = new Error('here').stack.split('\\n');
    const isMain = require.main === module;
    const text = 'ü → 😀'.replace(/[ü]/, 'ö');
    console.log(JSON.stringify({ text, address, isMain, directory: __dirname, frame, dynamic: typeof hostname, wide }));
    if (process.env.END) process.exit(0);
  });
`;

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'launcher-'));
  writeFileSync(join(root, 'wide.mjs'), 'export const wide = true;');
});

afterAll(() => rmSync(root, { recursive: true }));

/** A copy of a bundle, as an image gets one. */
function imageOf(directory: string): string {
  const image = mkdtempSync(join(root, 'image-'));
  cpSync(bundleService(directory, join(root, 'bundles')).directory, image, { recursive: true });
  return image;
}

function imageOfSource(source: string): string {
  const directory = mkdtempSync(join(root, 'service-'));
  writeFileSync(join(directory, 'main.ts'), source);
  return imageOf(directory);
}

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runNode(image: string, args: readonly string[], env: Record<string, string> = {}): Run {
  return spawnSync(process.execPath, args, {
    cwd: image,
    env: { PATH: process.env['PATH'], PORT: '0', MODULE: join(root, 'wide.mjs'), ...env },
    encoding: 'utf8',
  });
}

const warmUp = (image: string): Run => runNode(image, ['warm-up.js']);

/** Starts the service as the image does, to its end, and parses what it writes. */
function start(image: string, flags: readonly string[] = []): Record<string, unknown>[] {
  const { status, stdout, stderr } = runNode(image, [...flags, 'main.js'], { END: '1' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout
    .trim()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line));
}

const served = (image: string, address: string): Record<string, unknown> => ({
  address,
  isMain: true,
  directory: image,
  frame: expect.stringContaining(`${join(image, 'service/index.js')}:`),
  dynamic: 'function',
  wide: true,
  text: 'ö → 😀',
});

const BAD_CACHE = { severity: 'WARNING', message: expect.stringContaining("V8's code cache was not used") };

describe('a service without a code cache', () => {
  it('starts, with everything a module knows, and says nothing of it', () => {
    const image = imageOfSource(SERVICE);

    expect(existsSync(join(image, CACHE))).toBe(false);
    expect(start(image)).toEqual([served(image, '0.0.0.0')]);
  });
});

describe('a warmed up service', () => {
  let image: string;
  let run: Run;

  beforeEach(() => {
    image = imageOfSource(SERVICE);
    run = warmUp(image);
  });

  it('has been asked for its health and for nothing, on loopback alone', () => {
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(run.stdout).toMatch(/warm-up: code cache of [0-9]+ bytes: GET \/health 200, GET \/not-found 404/);
    expect(run.stdout).toContain('"address":"127.0.0.1"');
  });

  it('starts from the cache, and all else is as without', () => {
    expect(start(image)).toEqual([served(image, '0.0.0.0')]);
  });

  it('starts without the cache where one byte of it is wrong, and says so once', () => {
    const cache = readFileSync(join(image, CACHE));
    const at = Math.floor(cache.length / 2);
    cache[at] = (cache[at] ?? 0) ^ 1;
    writeFileSync(join(image, CACHE), cache);

    expect(start(image)).toEqual([expect.objectContaining(BAD_CACHE), served(image, '0.0.0.0')]);
  });

  it.each([0, 10, 1_000])('starts without the cache where only %i bytes of it are there', (bytes) => {
    truncateSync(join(image, CACHE), bytes);

    expect(start(image)).toEqual([expect.objectContaining(BAD_CACHE), served(image, '0.0.0.0')]);
  });

  it('starts without the cache where it is of other code of the same length', () => {
    const program = join(image, 'service/index.js');
    writeFileSync(program, readFileSync(program, 'utf8').replace('here', 'HERE'));

    expect(start(image)).toEqual([expect.objectContaining(BAD_CACHE), served(image, '0.0.0.0')]);
  });

  it('starts without the cache where V8 has other flags', () => {
    expect(start(image, ['--expose-gc'])).toEqual([
      expect.objectContaining(BAD_CACHE),
      served(image, '0.0.0.0'),
    ]);
  });

  it('has nothing more than the cache, which is not part of the hash', () => {
    const directory = mkdtempSync(join(root, 'service-'));
    writeFileSync(join(directory, 'main.ts'), SERVICE);
    const before = bundleService(directory, join(root, 'bundles'));
    const names = readdirSync(before.directory, { recursive: true, encoding: 'utf8' });

    warmUp(before.directory);

    const more = readdirSync(before.directory, { recursive: true, encoding: 'utf8' });
    expect(new Set(more)).toEqual(new Set([...names, CACHE]));
    expect(bundleService(directory, join(root, 'bundles'))).toEqual(before);
  });
});

describe('the build of an image', () => {
  it('goes on when the service cannot start there, with a cache of what did run', () => {
    const image = imageOfSource(`
      const database = process.env.DATABASE;
      if (!database) throw new Error('DATABASE is not set');
    `);

    const { status, stdout, stderr } = warmUp(image);

    expect(status).toBe(0);
    expect(stdout).toMatch(/warm-up: code cache of [0-9]+ bytes: the service did not start here/);
    expect(stderr).toContain('DATABASE is not set');
    expect(existsSync(join(image, CACHE))).toBe(true);
  });

  it('goes on when the service ends in a way that leaves no cache', () => {
    const image = imageOfSource(`process.kill(process.pid, 'SIGKILL');`);

    expect(warmUp(image)).toMatchObject({
      status: 0,
      stdout: 'warm-up: no code cache: the service ended by SIGKILL\n',
    });
  });

  it.each(['gateway', 'processor', 'storage'])(
    'needs none of the variables that only a deploy knows: %s',
    (service) => {
      const { status, stdout } = warmUp(imageOf(resolve(__dirname, '../../services', service)));

      expect(status).toBe(0);
      expect(stdout).toMatch(/warm-up: code cache of [0-9]+ bytes: GET \/health 200, GET \/not-found 404/);
    },
  );
});
