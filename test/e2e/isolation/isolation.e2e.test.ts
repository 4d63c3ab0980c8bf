import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Observation } from './offline-machine';

const CALLER_ID = randomUUID();
let home: string;
let seen: Observation;

/** A machine without a network: its kernel counts what would have left it (Linux, unshare(1), ip(8)). */
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'caller-'));
  const program = [
    process.execPath,
    '--import',
    'tsx',
    join(__dirname, 'offline-machine.ts'),
    home,
    CALLER_ID,
  ];
  const { stdout } = await promisify(execFile)(
    'unshare',
    ['--map-root-user', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...program],
    { cwd: resolve(__dirname, '../../..'), maxBuffer: 16 * 1024 * 1024 },
  );
  seen = JSON.parse(stdout);
}, 180_000);
afterAll(() => rmSync(home, { recursive: true }));

describe('with credentials of Google, proxies and a metadata server in the environment', () => {
  test('a stack is deployed, works and is destroyed without a network', () => {
    expect(seen.deployment).toMatchObject({ answered: 201, greeted: 200, destroyed: 0 });
  });

  test('nothing leaves the machine', () => {
    expect({ unroutable: seen.unroutable, lookups: seen.lookups }).toEqual({ unroutable: 0, lookups: [] });
    // What does try to leave is counted.
    expect(seen.unroutableAfterAttempt).toBe(1);
  });

  test('nobody asks the proxies, the metadata server or the collector of the caller', () => {
    expect(seen.connections).toEqual([]);
  });

  test('no container knows anything of the caller', () => {
    expect(seen.deployment.containers).toHaveLength(3);
    for (const environment of seen.deployment.containers) {
      expect(environment).toContain('K_SERVICE=');
      expect(environment).not.toContain(CALLER_ID);
      expect(environment).not.toMatch(/PRIVATE KEY|ya29\.|CLOUDSDK_|GOOGLE_APPLICATION_CREDENTIALS/);
    }
  });
});
