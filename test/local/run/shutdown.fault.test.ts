import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endLeftovers, ProcessRecord } from '../../../local/run/process-record';
import { CloudRunFixture, program } from './cloud-run-fixture';

describe('stopping a container', () => {
  it('sends SIGTERM, and SIGKILL to the whole group of one that has not exited 10 s later', async () => {
    // GIVEN a container that ignores SIGTERM and has a child of its own
    const cloud = await CloudRunFixture.open();
    const child = `
      require('node:http').createServer((request, response) => response.end('child')).listen(0, '127.0.0.1', function () {
        console.log('child on ' + this.address().port);
      });
    `;
    await cloud.serve(
      'stubborn',
      program(
        '(request, response) => response.end()',
        `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' });`,
      ).replace('process.exit(0)', `console.log('got SIGTERM, staying')`),
    );
    const { message } = await cloud.line('child on ');
    const childUri = message.replace('child on ', 'http://127.0.0.1:');
    expect(await (await fetch(childUri)).text()).toBe('child');

    // WHEN
    await cloud.dispose();

    // THEN
    await cloud.line('got SIGTERM, staying');
    expect(cloud.logs).toContainEqual(
      expect.objectContaining({
        log: 'system',
        severity: 'WARNING',
        message: 'Container did not exit within 10 s of SIGTERM and was killed.',
      }),
    );
    await expect(fetch(childUri)).rejects.toThrow('fetch failed');
  });

  it('says nothing of one that exits in time', async () => {
    const cloud = await CloudRunFixture.open();
    await cloud.serve(
      'polite',
      program('(request, response) => response.end()', `process.on('exit', () => console.log('bye'));`),
    );
    await cloud.dispose();
    await cloud.line('bye');
    expect(cloud.logs.filter(({ severity }) => severity === 'WARNING' || severity === 'ERROR')).toEqual([]);
  });

  it('also ends one that is still starting', async () => {
    // GIVEN
    const cloud = await CloudRunFixture.open();
    await cloud.publish('sleepy', `console.log('starting'); setInterval(() => {}, 1000)`);
    const deployment = cloud.run.create(cloud.spec('sleepy', 'sleepy'));
    await cloud.line('starting');

    // WHEN
    const [outcome] = await Promise.allSettled([deployment, cloud.dispose()]);

    // THEN
    expect(outcome).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringContaining('was stopped before it was ready') },
    });
    expect(cloud.run.list()).toEqual([]);
    await expect(cloud.run.create(cloud.spec('late', 'sleepy'))).rejects.toThrow(
      'The local cloud is shutting down.',
    );
  });
});

describe('the record of running containers', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'record-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('is what a new daemon cleans up by', async () => {
    // GIVEN
    const leftover = sleeper();
    const exit = once(leftover, 'exit');
    new ProcessRecord(join(directory, 'instances.json')).add(leftover.pid ?? 0);

    // WHEN
    const cloud = await CloudRunFixture.open(directory);

    // THEN
    expect(await exit).toEqual([null, 'SIGKILL']);
    await cloud.dispose();
  });

  it('lets a later daemon end what a killed one has left', async () => {
    // GIVEN the record of a daemon that did not live to remove it
    const file = join(directory, 'instances.json');
    const leftover = sleeper();
    const exit = once(leftover, 'exit');
    new ProcessRecord(file).add(leftover.pid ?? 0);

    // WHEN
    const ended = endLeftovers(file);

    // THEN
    expect(ended).toEqual([leftover.pid]);
    expect(await exit).toEqual([null, 'SIGKILL']);
    expect(endLeftovers(file)).toEqual([]);
  });

  it('is what a daemon ends its containers by when it fails itself', async () => {
    // GIVEN
    const leftover = sleeper();
    const exit = once(leftover, 'exit');
    const file = join(directory, 'instances.json');

    // WHEN
    const daemon = spawn(
      process.execPath,
      ['--import', 'tsx', require.resolve('./failing-daemon'), file, String(leftover.pid)],
      { stdio: 'ignore' },
    );

    // THEN
    expect(await exit).toEqual([null, 'SIGKILL']);
    if (daemon.exitCode === null) await once(daemon, 'exit');
    expect(daemon.exitCode).toBe(7);
    expect(existsSync(file)).toBe(false);
  });

  it('never ends a process that only has got the same pid, nor trusts a file that it did not write', async () => {
    // GIVEN
    const file = join(directory, 'instances.json');
    const stranger = sleeper();
    const exit = once(stranger, 'exit');
    new ProcessRecord(file).add(stranger.pid ?? 0);
    const entries = await readFile(file, 'utf8');

    // WHEN
    await writeFile(file, entries.replace(/("startedAt":"[^"]*)"/, '$10"'));
    expect(endLeftovers(file)).toEqual([]);
    for (const content of ['', 'null', '[{"pid":-1,"startedAt":"x"},{"pid":"1"},7]']) {
      await writeFile(file, content);
      expect(endLeftovers(file)).toEqual([]);
    }

    // THEN
    expect(isAlive(stranger.pid ?? 0)).toBe(true);
    stranger.kill('SIGKILL');
    await exit;
  });
});

function sleeper(): ChildProcess {
  return spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
