import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  claimInstance,
  InstanceRunningError,
  readInstance,
  releaseInstance,
  type Instance,
} from '../../../local/control/instance-file';
import { startDoor } from './door';

let directory: string;
let path: string;
const cleanUp: (() => Promise<void>)[] = [];
const children: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'instance-'));
  path = join(directory, '.local', 'instance.json');
});
afterEach(async () => {
  for (const dispose of cleanUp.splice(0)) await dispose();
  for (const child of children.splice(0)) await kill(child);
  rmSync(directory, { recursive: true, force: true });
});

async function door(startId: string): Promise<Instance> {
  const opened = await startDoor(startId);
  cleanUp.push(() => opened.dispose());
  return opened.instance;
}

/** Starts a process that claims the file; resolves with what it said once it has tried. */
async function claimInChild(startId: string): Promise<{ said: string; child: ChildProcess }> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', require.resolve('./hold-instance'), path, startId],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  children.push(child);
  const [chunk] = await once(child.stdout, 'data');
  return { said: String(chunk).trim(), child };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

function files(): string[] {
  return readdirSync(join(directory, '.local'));
}

describe('the instance file', () => {
  test('is claimed, read and released, and leaves nothing behind', async () => {
    const instance = await door('one');
    await expect(readInstance(path)).resolves.toEqual({ state: 'none' });
    await claimInstance(path, instance);
    expect(files()).toEqual(['instance.json']);
    await expect(readInstance(path)).resolves.toEqual({ state: 'running', instance });
    releaseInstance(path, instance);
    expect(files()).toEqual([]);
  });

  test('is refused while a live process holds it, with its address, its pid and the remedy', async () => {
    // GIVEN
    const holder = await claimInChild('holder');
    expect(holder.said).toBe('claimed');
    // WHEN
    const claim = claimInstance(path, await door('second'));
    // THEN
    await expect(claim).rejects.toThrow(InstanceRunningError);
    await expect(claim).rejects.toThrow(
      new RegExp(
        `already running for /projects/pipeline: http://127.0.0.1:\\d+, process ${holder.child.pid}; stop it with`,
      ),
    );
    expect(files()).toEqual(['instance.json']);
  });

  test('is taken over after its holder was killed with -9', async () => {
    // GIVEN
    const { child } = await claimInChild('killed');
    await kill(child);
    await expect(readInstance(path)).resolves.toMatchObject({
      state: 'stale',
      instance: { startId: 'killed' },
    });
    // WHEN
    const instance = await door('next');
    await claimInstance(path, instance);
    // THEN
    await expect(readInstance(path)).resolves.toEqual({ state: 'running', instance });
    expect(files()).toEqual(['instance.json']);
  });

  test('is taken over when its pid belongs to another process now', async () => {
    const impostor = await door('impostor');
    await claimInstance(path, { ...(await door('before')), url: impostor.url });
    await expect(readInstance(path)).resolves.toMatchObject({ state: 'stale' });
    const instance = await door('after');
    await claimInstance(path, instance);
    await expect(readInstance(path)).resolves.toEqual({ state: 'running', instance });
  });

  test('has one winner when several processes claim it at once', async () => {
    const claims = await Promise.all(['a', 'b', 'c'].map(claimInChild));
    expect(claims.map(({ said }) => said).toSorted()).toEqual([
      'InstanceRunningError',
      'InstanceRunningError',
      'claimed',
    ]);
  });

  test('has one winner when several claim a stale one at once, time after time', async () => {
    const doors = await Promise.all(Array.from({ length: 6 }, (_, index) => door(`start-${index}`)));
    for (let round = 0; round < 20; round += 1) {
      // GIVEN
      writeStale(`stale-${round}`);
      // WHEN
      const outcomes = await Promise.allSettled(doors.map((instance) => claimInstance(path, instance)));
      // THEN
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const winner = doors[outcomes.findIndex(({ status }) => status === 'fulfilled')];
      await expect(readInstance(path)).resolves.toEqual({ state: 'running', instance: winner });
      expect(files()).toEqual(['instance.json']);
    }
  });

  test('is not held up by the lock of a takeover that was killed half way', async () => {
    // GIVEN
    writeStale('stale');
    writeFileSync(`${path}.lock`, '');
    await expect(claimInstance(path, await door('too-early'))).rejects.toThrow(
      'another local cloud is starting in /projects/pipeline',
    );
    // WHEN
    utimesSync(`${path}.lock`, new Date(0), new Date(0));
    await claimInstance(path, await door('later'));
    // THEN
    expect(files()).toEqual(['instance.json']);
  });

  test('is not removed by an instance that no longer holds it', async () => {
    const first = await door('first');
    const second = await door('second');
    await claimInstance(path, second);
    releaseInstance(path, first);
    await expect(readInstance(path)).resolves.toEqual({ state: 'running', instance: second });
  });

  test.each(['', '{', 'null', '{"pid":"1"}'])(
    'is not touched when it holds %j, which no local cloud wrote',
    async (text) => {
      const instance = await door('one');
      await claimInstance(path, instance);
      writeFileSync(path, text);
      await expect(claimInstance(path, instance)).rejects.toThrow(
        'is not a file that a local cloud has written; delete it',
      );
      expect(readFileSync(path, 'utf8')).toBe(text);
    },
  );
});

/** A file whose process does not exist: pids end at 2^22 on Linux and below it elsewhere. */
function writeStale(startId: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const stale = {
    pid: 2 ** 30,
    startId,
    url: 'http://127.0.0.1:1',
    startedAt: '',
    projectDirectory: '/projects/pipeline',
  };
  writeFileSync(path, JSON.stringify(stale));
}
