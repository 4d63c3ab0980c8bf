import { ControlClient } from '../control/control-client';
import { readInstance } from '../control/instance-file';
import { instanceFile } from '../data-directory';
import type { LocalCloudStatus } from '../local-cloud';
import { UserError } from '../user-error';

/** The door of the local cloud that runs for this project. Throws UserError when none does. */
export async function findRunning(projectDirectory: string): Promise<ControlClient<LocalCloudStatus>> {
  const found = await readInstance(instanceFile(projectDirectory));
  if (found.state !== 'running')
    throw new UserError('no local cloud is running here; start one with: npm start');
  return new ControlClient<LocalCloudStatus>(found.instance.url);
}

/** What the running local cloud tells about itself. Throws UserError when none runs, or it is still starting. */
export async function runningStatus(projectDirectory: string): Promise<LocalCloudStatus & { pid: number }> {
  const found = await (await findRunning(projectDirectory)).status();
  if ('starting' in found) throw new UserError('the local cloud is still starting; ask again in a moment');
  return found;
}
