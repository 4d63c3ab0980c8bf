import { spawnSync } from 'node:child_process';

/** Why an image cannot be published and what to do about it, in one line. */
export class PublishError extends Error {}

/** A program that turns a build context into an image in a registry. */
export interface BuildTool {
  /** Whether the registry has the image. Throws PublishError where there is no use in building it. */
  has(image: string): boolean;
  /** Builds the directory, which has a Dockerfile, and pushes it. Throws PublishError. */
  publish(image: string, context: string): void;
}

/** What a program says in one of its many ways, and what helps. */
export type Remedy = readonly [said: RegExp, remedy: string];

/** gcloud says so, for itself and for Docker. */
export const GCLOUD_LOGIN: Remedy = [
  /active account|gcloud auth login|[Rr]eauthenticat|auth tokens/,
  'gcloud is not logged in; run: gcloud auth login',
];

/**
 * Runs a program to its end.
 *
 * @param missing what to do when there is no such program.
 * @param env variables besides those of this process.
 */
export function run(
  program: string,
  args: readonly string[],
  missing: string,
  env: Readonly<Record<string, string>> = {},
): { readonly status: number | null; readonly stderr: string } {
  const { error, status, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (!error) return { status, stderr };
  const isMissing = 'code' in error && error.code === 'ENOENT';
  throw new PublishError(isMissing ? missing : `${program} cannot be run: ${error.message}`);
}

export function remedyFor(stderr: string, remedies: readonly Remedy[]): string | undefined {
  const [, remedy] = remedies.find(([said]) => said.test(stderr)) ?? [];
  return remedy;
}

/** @param remedy what helps, or else what has failed. */
export function notBuilt(image: string, remedy: string, program: string, stderr: string): PublishError {
  const said = stderr.trim().split('\n').slice(-3).join(' ');
  return new PublishError(`${image} was not built: ${remedy} (${program}: ${said})`);
}
