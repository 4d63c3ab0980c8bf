import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { processesIn } from '../../helpers/project-copy';

const ROOT = resolve(__dirname, '../../..');

/** The system's temporary files, to the processes of a test. */
let temporary: string;
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'leftovers-'));
});
afterEach(() => rmSync(temporary, { recursive: true }));

/** Starts a process with a cloud that a service is deployed to. */
function start(how: 'using' | 'exit' | 'stay' | 'dispose-early'): ChildProcessByStdio<null, Readable, null> {
  return spawn(process.execPath, ['--import', 'tsx', join(__dirname, 'cloud-process.ts'), how], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

function left(): { clouds: string[]; processes: string[] } {
  const clouds = readdirSync(temporary).filter((name) => name.startsWith('local-cloud-'));
  return { clouds, processes: processesIn(join(temporary, 'local-cloud-')) };
}

test('nothing is left of a cloud whose process ends without disposing of it', async () => {
  expect(await once(start('exit'), 'close')).toEqual([0, null]);
  expect(left()).toEqual({ clouds: [], processes: [] });
}, 60_000);

test('nothing is left of a cloud that is disposed of while a container starts', async () => {
  const early = start('dispose-early');
  const [[said], end] = await Promise.all([once(early.stdout, 'data'), once(early, 'close')]);
  expect(String(said)).toBe('DeployError: the cloud was disposed of during the deploy\n');
  expect(end).toEqual([0, null]);
  expect(left()).toEqual({ clouds: [], processes: [] });
}, 60_000);

test('what is left of a cloud whose process was killed goes with the next one, of which nothing is left', async () => {
  // GIVEN
  const foreign = join(temporary, 'local-cloud-of-others');
  mkdirSync(join(foreign, '.local'), { recursive: true });
  writeFileSync(join(foreign, '.local', 'instance.json'), 'something else');
  const killed = start('stay');
  await once(killed.stdout, 'data');
  killed.kill('SIGKILL');
  await once(killed, 'close');
  const { clouds, processes } = left();
  expect([clouds.length, processes.length]).toEqual([2, 1]);
  // WHEN
  expect(await once(start('using'), 'close')).toEqual([0, null]);
  // THEN
  expect(left()).toEqual({ clouds: ['local-cloud-of-others'], processes: [] });
}, 60_000);
