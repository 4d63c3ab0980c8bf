import { setTimeout as sleep } from 'node:timers/promises';
import { readInstance } from '../control/instance-file';
import { instanceFile } from '../local-cloud';
import { UserError } from '../user-error';
import { findRunning } from './find-running';

/** Services get 10 s after SIGTERM, as on Cloud Run. */
const TIMEOUT_MS = 15_000;
const LOOK_EVERY_MS = 100;

/** Stops the running local cloud and waits until it is gone. */
export async function down(_args: string[], projectDirectory: string): Promise<number> {
  const client = await findRunning(projectDirectory);
  await client.shutdown();
  const giveUpAt = performance.now() + TIMEOUT_MS;
  // Another process's end gives no event: its file is gone when it has stopped everything.
  while ((await readInstance(instanceFile(projectDirectory))).state !== 'none') {
    if (performance.now() > giveUpAt) throw new UserError(`it has not stopped within ${TIMEOUT_MS / 1000} s`);
    await sleep(LOOK_EVERY_MS);
  }
  process.stdout.write('The local cloud has stopped.\n');
  return 0;
}
