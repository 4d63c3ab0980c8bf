import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Checkpoint } from './fixtures/hour-of-load';

const MEBIBYTE = 1024 * 1024;

test('an hour of 25 requests/s leaves as much in memory and on disk as a quarter of it', async () => {
  // WHEN a process keeps what the local cloud keeps of them
  const child = fork(join(__dirname, 'fixtures/hour-of-load.ts'), {
    execArgv: ['--expose-gc', '--import', 'tsx'],
  });
  const [{ checkpoints, problems }] = await once(child, 'message');

  // THEN it has kept the newest
  expect(problems).toEqual([]);
  const [quarter, half, hour]: [Checkpoint, Checkpoint, Checkpoint] = checkpoints;
  expect(hour.traces).toBe(1_000);
  expect(hour.logEntries).toBeGreaterThanOrEqual(7 * 1_000);
  // AND neither memory nor disk has grown by what went through
  for (const later of [half, hour]) {
    expect(later.heapBytes / quarter.heapBytes).toBeLessThan(1.1);
    expect(later.diskBytes).toBeLessThan(100 * MEBIBYTE);
  }
  console.info(
    `heap ${checkpoints.map(({ heapBytes }: Checkpoint) => Math.round(heapBytes / MEBIBYTE))} MiB`,
  );
});
