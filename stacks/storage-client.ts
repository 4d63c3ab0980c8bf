import { readFileSync } from 'node:fs';
import { ApiError, Storage, type StorageOptions } from '@google-cloud/storage';
import { DeploymentError } from './deployment-error';

/** Answers of Cloud Storage about a bucket take a tenth of a second. */
const TIMEOUT_MS = 10_000;

/** Variables of Terraform's gcs backend, the first that is set counts (its reference, "Configuration variables"). */
const ENDPOINT_VARIABLES = [
  'GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT',
  'GOOGLE_STORAGE_CUSTOM_ENDPOINT',
] as const;

/**
 * A client of Cloud Storage with the endpoint and the credentials that Terraform uses for the state: an access token
 * before a service account's key, and otherwise Application Default Credentials. It asks once: who runs a command can
 * run it again. Throws DeploymentError for a variable that cannot be used.
 */
export function storageClient(projectId: string, env: NodeJS.ProcessEnv): Storage {
  const apiEndpoint = endpointOf(env);
  const token = env['GOOGLE_OAUTH_ACCESS_TOKEN'];
  const key = env['GOOGLE_CREDENTIALS'];
  const storage = new Storage({
    projectId,
    timeout: TIMEOUT_MS,
    retryOptions: { autoRetry: false },
    ...(apiEndpoint && { apiEndpoint }),
    // By itself it does not tell another endpoint who it is.
    useAuthWithCustomEndpoint: true,
    ...(key && !token && { credentials: parseKey(key) }),
  });
  if (token) {
    // There is no option for a token, and its authentication library is not the one of this project.
    storage.authClient.authorizeRequest = (request) =>
      Promise.resolve({ ...request, headers: { ...request?.headers, Authorization: `Bearer ${token}` } });
  }
  return storage;
}

/** What helps against an error, by its status. */
type Reasons = Readonly<Record<number, string>>;

const LOGIN = "run 'gcloud auth application-default login', or set a new GOOGLE_OAUTH_ACCESS_TOKEN";

/**
 * The answer to what the client was asked for. Throws DeploymentError, in one line.
 *
 * @param what has failed then.
 * @param reasons for it by status, where Google's own do not say what to do.
 */
export async function asked<Answer>(
  what: string,
  { projectId }: Storage,
  answer: Promise<Answer>,
  reasons: Reasons = {},
): Promise<Answer> {
  try {
    return await answer;
  } catch (cause) {
    const said = (cause instanceof Error ? cause.message : String(cause)).replaceAll(/\s+/g, ' ');
    const status = cause instanceof ApiError ? (cause.code ?? 0) : 0;
    const help: Reasons = {
      401: `; ${LOGIN}`,
      403: `; the account needs roles/storage.admin in project ${projectId}`,
    };
    // A refresh token that has run out is refused before Cloud Storage is asked.
    const hint = /invalid_grant|invalid_rapt/.test(said) ? help[401] : help[status];
    const reason = reasons[status] ?? `${said.replace(/\.$/, '')}${hint ?? ''}`;
    throw new DeploymentError(`${what}: ${reason}`, { cause });
  }
}

/** Terraform's URL ends with `/storage/v1/b`, which the client adds by itself. */
function endpointOf(env: NodeJS.ProcessEnv): string | undefined {
  const variable = ENDPOINT_VARIABLES.find((name) => env[name]);
  const value = variable && env[variable];
  if (!value) return undefined;
  const origin = /^(https?:\/\/[^/]+)\/storage\/v1\/b\/?$/.exec(value)?.[1];
  if (origin !== undefined) return origin;
  throw new DeploymentError(
    `${variable} is '${value}', allowed is a URL with the path /storage/v1/b, ` +
      "such as 'https://storage-psc.p.googleapis.com/storage/v1/b'",
  );
}

/** GOOGLE_CREDENTIALS is a key, or the path of one. */
function parseKey(key: string): NonNullable<StorageOptions['credentials']> {
  try {
    return JSON.parse(key.trimStart().startsWith('{') ? key : readFileSync(key, 'utf8'));
  } catch (cause) {
    throw new DeploymentError('GOOGLE_CREDENTIALS is neither the JSON of a credentials file nor its path', {
      cause,
    });
  }
}
