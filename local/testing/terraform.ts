import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { terraformVersion } from '../terraform-binary';
import { diagnosticsOf, renderDiagnostic, type TerraformDiagnostic } from './terraform-diagnostics';

/** Terraform has not deployed a stack. */
export class DeployError extends Error {
  override readonly name = 'DeployError';

  /** @param diagnostics what Terraform said, errors and warnings; empty where it could not even start. */
  constructor(
    message: string,
    readonly diagnostics: readonly TerraformDiagnostic[],
  ) {
    super(message);
  }
}

export interface Application {
  /** Where the configuration is; its state is kept there. */
  readonly directory: string;
  /** Values of its variables by name. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** The whole environment of Terraform. */
  readonly environment: NodeJS.ProcessEnv;
  /** Kills Terraform. */
  readonly signal: AbortSignal;
}

/**
 * Applies a configuration and returns its outputs by name, sensitive ones included. Throws DeployError, and UserError
 * where there is no usable Terraform.
 */
export async function applyConfiguration(application: Application): Promise<Record<string, unknown>> {
  const { directory, variables, environment, signal } = application;
  const terraform = async (...args: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await run(application, args);
    if (exitCode === 0) return stdout;
    if (signal.aborted) throw new DeployError('the cloud was disposed of during the deploy', []);
    await terraformVersion(environment);
    const diagnostics = diagnosticsOf(stdout);
    const errors = diagnostics.filter(({ severity }) => severity === 'error').map(renderDiagnostic);
    const said = errors.length > 0 ? errors.join('\n') : `${stdout}${stderr}`.trim();
    throw new DeployError(`terraform ${args[0]} failed:\n${said}`, diagnostics);
  };
  writeFileSync(join(directory, 'variables.auto.tfvars.json'), JSON.stringify(variables));
  await terraform('init', '-input=false', '-no-color');
  await terraform('apply', '-input=false', '-auto-approve', '-json');
  const outputs: Readonly<Record<string, { readonly value: unknown }>> = JSON.parse(
    await terraform('output', '-json'),
  );
  return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
}

interface Ended {
  /** null when it was killed, or has never run. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run({ directory, environment, signal }: Application, args: readonly string[]): Promise<Ended> {
  const child = spawn(environment['TERRAFORM_BINARY_NAME'] || 'terraform', args, {
    cwd: directory,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    // It would wait for what it has begun; nothing of that is needed any more.
    killSignal: 'SIGKILL',
  });
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk: string) => (printed[stream] += chunk));
  }
  return await new Promise((resolve) => {
    child.on('error', ({ message }) => (printed.stderr += message));
    child.once('close', (exitCode) => resolve({ exitCode, ...printed }));
  });
}
