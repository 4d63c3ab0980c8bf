import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, readConfig, stackId } from './config';

/** Why a deployment cannot start and what to do about it, in one line. */
export class DeploymentError extends Error {
  override readonly name = 'DeploymentError';
}

const TARGETS: readonly string[] = ['staging', 'production'];

/** Variables of the google provider, the first that is set counts (provider reference, "Authentication"). */
const TOKEN_VARIABLES = ['GOOGLE_CREDENTIALS', 'GOOGLE_OAUTH_ACCESS_TOKEN'] as const;
const FILE_VARIABLE = 'GOOGLE_APPLICATION_CREDENTIALS';

/**
 * Id of the stack to deploy to Google. Throws DeploymentError or ConfigError when it cannot be deployed from here.
 *
 * @param args of the command line; `staging` when empty
 * @param configFile path of cdktf.json
 */
export function stackToDeploy(args: readonly string[], configFile: string, env: NodeJS.ProcessEnv): string {
  const [target = 'staging', ...rest] = args;
  if (target === 'local') {
    throw new DeploymentError("'local' is not deployed to Google; 'npm start' runs it on this machine");
  }
  if (!TARGETS.includes(target) || rest.length > 0) {
    throw new DeploymentError(
      `cannot deploy '${args.join(' ')}'; write 'npm run deploy -- ${TARGETS.join('|')}'`,
    );
  }
  if (env['TF_REATTACH_PROVIDERS']) {
    throw new DeploymentError(
      'TF_REATTACH_PROVIDERS is set, so Terraform would deploy to a local cloud instead of Google; unset it',
    );
  }
  if (!readConfig(configFile).some(({ environment }) => environment.name === target)) {
    throw new ConfigError([
      `cdktf.json: context.environments.${target} is missing; write there ` +
        '{ "projectId": "...", "region": "...", "notificationEmail": "..." }',
    ]);
  }
  checkCredentials(env);
  checkTerraform(env);
  return stackId(target);
}

function checkCredentials(env: NodeJS.ProcessEnv): void {
  if (TOKEN_VARIABLES.some((variable) => env[variable])) return;
  const file = env[FILE_VARIABLE];
  if (file && !existsSync(file)) {
    throw new DeploymentError(
      `${FILE_VARIABLE} names ${file}, which does not exist; set it to a credentials file`,
    );
  }
  if (file || existsSync(defaultCredentialsFile(env))) return;
  throw new DeploymentError(
    "no Google Cloud credentials; run 'gcloud auth application-default login', " +
      `or set ${FILE_VARIABLE} or GOOGLE_OAUTH_ACCESS_TOKEN`,
  );
}

/** Where `gcloud auth application-default login` writes (Application Default Credentials, "How ADC works"). */
function defaultCredentialsFile(env: NodeJS.ProcessEnv): string {
  const configuration =
    env['CLOUDSDK_CONFIG'] ??
    (env['APPDATA'] ? join(env['APPDATA'], 'gcloud') : join(env['HOME'] ?? homedir(), '.config', 'gcloud'));
  return join(configuration, 'application_default_credentials.json');
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
