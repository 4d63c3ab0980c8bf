import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
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
const started: ChildProcess[] = [];
afterEach(async () => {
  for (const child of started.splice(0)) await end(child);
  rmSync(temporary, { recursive: true });
});

/** Starts a process with a cloud that a service is deployed to; `within` is the command that runs it. */
function start(
  how: 'using' | 'exit' | 'stay' | 'dispose-early',
  within: readonly string[] = [],
): ChildProcessByStdio<null, Readable, null> {
  const program = [process.execPath, '--import', 'tsx', join(__dirname, 'cloud-process.ts'), how];
  const [command = '', ...args] = [...within, ...program];
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  return child;
}

/** Lets the child end as one that is told to; a container of a killed one would be left. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
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
  const killed = start('stay');
  await once(killed.stdout, 'data');
  killed.kill('SIGKILL');
  await once(killed, 'close');
  const before = left();
  expect([before.clouds.length, before.processes.length]).toEqual([1, 1]);
  const foreign = String(before.clouds).replace(/\w+$/, 'others');
  mkdirSync(join(temporary, foreign, '.local'), { recursive: true });
  writeFileSync(join(temporary, foreign, '.local', 'instance.json'), 'something else');
  // WHEN
  expect(await once(start('using'), 'close')).toEqual([0, null]);
  // THEN
  expect(left()).toEqual({ clouds: [foreign], processes: [] });
}, 60_000);

// Linux, unshare(1), ip(8): where processes are in namespaces of their own, files may be shared still.
test.each([
  ['network', ['--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh']],
  ['process', ['--pid', '--fork', '--mount-proc']],
])(
  'a cloud in another %s namespace leaves those of this one alone',
  async (_, namespace) => {
    // GIVEN
    const running = start('stay');
    await once(running.stdout, 'data');
    const before = left();
    expect([before.clouds.length, before.processes.length]).toEqual([1, 1]);
    // WHEN
    const elsewhere = start('using', ['unshare', '--map-root-user', ...namespace]);
    expect(await once(elsewhere, 'close')).toEqual([0, null]);
    // THEN
    expect(left()).toEqual(before);
  },
  60_000,
);
