import { join } from 'node:path';
import { runCdktf } from '../cdktf';
import { terraformEnvironment } from '../terraform-environment';
import { runningStatus } from './find-running';

/** Runs `cdktf deploy`, `diff` or `destroy` against the running local cloud and shows what it prints. */
export async function cdktf(
  command: 'deploy' | 'diff' | 'destroy',
  args: string[],
  projectDirectory: string,
): Promise<number> {
  const { dataDirectory, terraform } = await runningStatus(projectDirectory);
  // Ctrl-C reaches Terraform through the terminal; it finishes what it has begun before this process ends.
  process.on('SIGINT', () => undefined);
  return await runCdktf({
    args: [command, ...args, ...(command === 'diff' ? [] : ['--auto-approve'])],
    projectDirectory,
    outputDirectory: join(dataDirectory, 'cdktf.out'),
    environment: terraformEnvironment(process.env, terraform),
    logFile: join(dataDirectory, `${command}.log`),
    onLine: (line) => process.stdout.write(`${line}\n`),
  });
}
