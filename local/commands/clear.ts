import { parseArgs } from 'node:util';
import { findRunning } from './find-running';

/** Drops all traces with their log entries. */
export async function clear(args: string[], projectDirectory: string): Promise<number> {
  parseArgs({ args, options: {} });
  const cleared = await (await findRunning(projectDirectory)).clearTraces();
  process.stdout.write(`${cleared === 1 ? '1 trace' : `${cleared} traces`} cleared.\n`);
  return 0;
}
