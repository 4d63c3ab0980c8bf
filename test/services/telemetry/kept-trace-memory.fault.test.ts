import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { UNDECIDED_BOUNDS } from '../../../services/telemetry/undecided-spans';

test('of 100,000 requests that are not kept, nothing is left in memory but what may still be decided', async () => {
  // WHEN a process records them, a tenth of which never end, and collects its garbage
  const child = fork(join(__dirname, 'fixtures/recording-process.ts'), {
    execArgv: ['--expose-gc', '--import', 'tsx'],
  });
  const [result] = await once(child, 'message');
  // THEN as much is there as the bounds allow of those that never ended, and nothing of any other
  const { passed, waiting, remembered } = result;
  expect(passed).toBe(0);
  expect(remembered).toBe(waiting.traces);
  expect(waiting.traces).toBeGreaterThan(UNDECIDED_BOUNDS.traces / 2);
  expect(waiting.traces).toBeLessThanOrEqual(UNDECIDED_BOUNDS.traces);
  expect(waiting.spans).toBeLessThanOrEqual(UNDECIDED_BOUNDS.spans);
  expect(waiting.bytes).toBeLessThanOrEqual(UNDECIDED_BOUNDS.bytes);
});
