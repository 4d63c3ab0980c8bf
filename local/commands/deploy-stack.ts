import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCdktf } from '../cdktf';
import type { Step } from '../progress';
import { UserError } from '../user-error';

/** Outputs of a deployed stack by name. */
export type StackOutputs = Readonly<Record<string, unknown>>;

export interface StackDeployment {
  /** Id of the stack in the cdktf app. */
  readonly stack: string;
  /**
   * Command of the cdktf app.
   *
   * @default - the app of cdktf.json
   */
  readonly app?: string | undefined;
  readonly projectDirectory: string;
  /** Where the local cloud keeps what it makes; the synthesized stack, its state and the log go there. */
  readonly dataDirectory: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly step: Step;
  readonly signal: AbortSignal;
}

/** How much of a failed deploy's output is repeated on the screen; the whole is in the log file. */
const TAIL_LINES = 40;

/** Runs `cdktf deploy` for one stack and returns its outputs. Throws UserError with the end of its output. */
export async function deployStack(deployment: StackDeployment): Promise<StackOutputs> {
  const outputDirectory = join(deployment.dataDirectory, 'cdktf.out');
  const outputsFile = join(deployment.dataDirectory, 'outputs.json');
  const logFile = join(deployment.dataDirectory, 'deploy.log');
  await mkdir(outputDirectory, { recursive: true });
  const lines: string[] = [];
  let planned = '?';
  let finished = 0;
  const exitCode = await runCdktf({
    args: [
      'deploy',
      deployment.stack,
      '--auto-approve',
      '--no-color',
      '--outputs-file',
      outputsFile,
      ...(deployment.app === undefined ? [] : ['--app', deployment.app]),
    ],
    projectDirectory: deployment.projectDirectory,
    outputDirectory,
    environment: deployment.environment,
    logFile,
    signal: deployment.signal,
    onLine: (line) => {
      lines.push(line);
      planned = /Plan: (\d+) to add/.exec(line)?.[1] ?? planned;
      const created = /(\S+) \(\S+\): Creation complete/.exec(line)?.[1];
      if (created) deployment.step.update(`${++finished} of ${planned}  ${created}`);
    },
  });
  if (deployment.signal.aborted) throw new UserError('stopped during the deploy');
  if (exitCode !== 0) {
    const tail = lines.filter((line) => line.trim() !== '').slice(-TAIL_LINES);
    throw new UserError(
      `cdktf deploy ended with exit code ${exitCode}:\n\n${tail.join('\n')}\n\nAll of it: ${logFile}`,
    );
  }
  const outputs: Record<string, StackOutputs> = JSON.parse(await readFile(outputsFile, 'utf8'));
  return outputs[deployment.stack] ?? {};
}
