import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readInstance } from '../control/instance-file';
import { instanceFile } from '../data-directory';
import { UserError } from '../user-error';
import { findRunning } from './find-running';

/** Services get 10 s after SIGTERM, as on Cloud Run. */
const TIMEOUT_MS = 15_000;
const LOOK_EVERY_MS = 100;

/** Stops the running local cloud and waits until it is gone. */
export async function down(args: string[], projectDirectory: string): Promise<number> {
  parseArgs({ args, options: {} });
  const client = await findRunning(projectDirectory);
  await client.shutdown();
  const giveUpAt = performance.now() + TIMEOUT_MS;
  // Another process's end gives no event: its file is gone when it has stopped everything, stale when it was killed.
  for (;;) {
    const found = await readInstance(instanceFile(projectDirectory));
    if (found.state !== 'running') break;
    if (performance.now() > giveUpAt) {
      throw new UserError(
        `the local cloud has not stopped within ${TIMEOUT_MS / 1000} s; end its process ${found.instance.pid}`,
      );
    }
    await sleep(LOOK_EVERY_MS);
  }
  process.stdout.write('The local cloud has stopped.\n');
  return 0;
}
