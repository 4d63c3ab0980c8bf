import { spawnSync } from 'node:child_process';
import type { EnvironmentConfig } from './config';
import { checkCredentials } from './credentials';
import { DeploymentError } from './deployment-error';
import { targetOf } from './target';

/**
 * The environment to deploy to Google. Throws DeploymentError or ConfigError when it cannot be deployed from here.
 *
 * @param args of the command line; `staging` when empty
 * @param configFile path of cdktf.json
 */
export function environmentToDeploy(
  args: readonly string[],
  configFile: string,
  env: NodeJS.ProcessEnv,
): EnvironmentConfig {
  const config = targetOf('deploy', args, configFile);
  if (env['TF_REATTACH_PROVIDERS']) {
    throw new DeploymentError(
      'TF_REATTACH_PROVIDERS is set, so Terraform would deploy to a local cloud instead of Google; unset it',
    );
  }
  checkCredentials(env);
  checkTerraform(env);
  return config;
}

function checkTerraform(env: NodeJS.ProcessEnv): void {
  const binary = env['TERRAFORM_BINARY_NAME'] ?? 'terraform';
  const { status } = spawnSync(binary, ['version'], { env, stdio: 'ignore' });
  if (status === 0) return;
  throw new DeploymentError(
    `'${binary} version' does not run; install Terraform 1.5 or newer from ` +
      'https://developer.hashicorp.com/terraform/install',
  );
}
