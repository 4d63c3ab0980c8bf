import { spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { UserError } from './user-error';

export interface CdktfRun {
  /** Such as `['deploy', 'my-stack', '--auto-approve']`. */
  readonly args: readonly string[];
  /** The project: the folder with cdktf.json. */
  readonly projectDirectory: string;
  /** Where synthesized stacks and their Terraform state go. */
  readonly outputDirectory: string;
  /** The whole environment of the child. */
  readonly environment: NodeJS.ProcessEnv;
  /** Everything the child prints is appended here. */
  readonly logFile: string;
  /** Called with every line the child prints. */
  readonly onLine: (line: string) => void;
  /** Asks the child to stop, as Ctrl-C does; Terraform then finishes what it has begun. */
  readonly signal?: AbortSignal;
}

/**
 * Runs the project's own `cdktf` and returns its exit code. Throws UserError when it is not installed, and the signal's
 * reason when that has aborted before.
 */
export async function runCdktf(run: CdktfRun): Promise<number> {
  run.signal?.throwIfAborted();
  const child = spawn(
    process.execPath,
    [cdktfBinary(run.projectDirectory), ...run.args, '--output', run.outputDirectory],
    {
      cwd: run.projectDirectory,
      env: run.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const log = createWriteStream(run.logFile, { flags: 'a' });
  log.on('error', (error) => run.onLine(`the log cannot be kept: ${error.message}`));
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      run.onLine(line);
    });
  }
  const interrupt = (): boolean => child.kill('SIGINT');
  run.signal?.addEventListener('abort', interrupt, { once: true });
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 1));
    });
  } finally {
    run.signal?.removeEventListener('abort', interrupt);
    log.end();
  }
}

function cdktfBinary(projectDirectory: string): string {
  try {
    const manifest = createRequire(join(projectDirectory, 'package.json')).resolve('cdktf-cli/package.json');
    const { bin }: { bin: { cdktf: string } } = JSON.parse(readFileSync(manifest, 'utf8'));
    return join(dirname(manifest), bin.cdktf);
  } catch (cause) {
    throw new UserError(
      `cdktf-cli is not installed in ${projectDirectory}; run 'npm install --save-dev cdktf-cli@0.21.0' there`,
      { cause },
    );
  }
}
