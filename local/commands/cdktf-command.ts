import { join } from 'node:path';
import { runCdktf } from '../cdktf';
import { terraformEnvironment } from '../terraform-environment';
import { findRunning } from './find-running';

/** Runs `cdktf deploy`, `diff` or `destroy` against the running local cloud and shows what it prints. */
export async function cdktf(
  command: 'deploy' | 'diff' | 'destroy',
  args: string[],
  projectDirectory: string,
): Promise<number> {
  const { dataDirectory, terraform } = await (await findRunning(projectDirectory)).status();
  return await runCdktf({
    args: [command, ...args, ...(command === 'diff' ? [] : ['--auto-approve'])],
    projectDirectory,
    outputDirectory: join(dataDirectory, 'cdktf.out'),
    environment: terraformEnvironment(process.env, terraform),
    logFile: join(dataDirectory, `${command}.log`),
    onLine: (line) => process.stdout.write(`${line}\n`),
  });
}
