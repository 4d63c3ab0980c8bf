import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DeploymentError } from './deployment-error';

/** Variables of the google provider, the first that is set counts (provider reference, "Authentication"). */
const TOKEN_VARIABLES = ['GOOGLE_CREDENTIALS', 'GOOGLE_OAUTH_ACCESS_TOKEN'] as const;
const FILE_VARIABLE = 'GOOGLE_APPLICATION_CREDENTIALS';

/** Throws DeploymentError where nobody is logged in to Google. */
export function checkCredentials(env: NodeJS.ProcessEnv): void {
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
