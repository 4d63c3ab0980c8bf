import type { GoogleAuth } from 'google-auth-library';
import { PermissionDeniedError } from './export-failure';
import { log } from './log';

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

/** Values of METADATA_SERVER_DETECTION by which somebody wants the metadata server to be asked. */
const DETECTIONS: readonly (string | undefined)[] = ['assume-present', 'ping-only'];

let told = false;

/**
 * Application default credentials for telemetry's own calls. The metadata server is asked where there is one: on Google's
 * platform, which its environment and its hardware tell, or where an environment variable names it. Elsewhere each look
 * for it would take seconds and warn on stderr, so that there only the files count.
 *
 * @param projectId known already, or looked for by Google's library.
 */
export async function createGoogleAuth(projectId?: string): Promise<GoogleAuth> {
  const { GoogleAuth, gcpMetadata } = await import('google-auth-library');
  const options = { scopes: [SCOPE], ...(projectId === undefined ? {} : { projectId }) };
  const auth = new GoogleAuth(options);
  if (isMetadataServerNamed() || gcpMetadata.getGCPResidency()) return auth;
  // There is no option for it: these are what asks for credentials and for the project.
  for (const question of ['_checkIsGCE', 'getGCEProjectId'])
    Reflect.set(auth, question, () => Promise.resolve(null));
  return auth;
}

/**
 * The project that the credentials belong to, unless it is known already. Says once in the log what to do where there are
 * no credentials at all.
 *
 * @throws PermissionDeniedError without credentials; Google's error where there are some and no project.
 */
export async function findProject(projectId: string | undefined): Promise<string> {
  const auth = await createGoogleAuth(projectId);
  try {
    await auth.getClient();
  } catch (error) {
    const message = 'spans cannot be sent to Google without credentials';
    if (!told) {
      log.error(
        { err: error },
        `${message}: run 'gcloud auth application-default login', set GOOGLE_APPLICATION_CREDENTIALS, or choose ` +
          'another OTEL_TRACES_EXPORTER. Spans are dropped until there are some',
      );
    }
    told = true;
    throw new PermissionDeniedError(message, { cause: error });
  }
  return projectId ?? (await auth.getProjectId());
}

function isMetadataServerNamed(): boolean {
  const { GCE_METADATA_HOST, GCE_METADATA_IP, METADATA_SERVER_DETECTION } = process.env;
  const detection = METADATA_SERVER_DETECTION?.trim().toLowerCase();
  return Boolean(GCE_METADATA_HOST ?? GCE_METADATA_IP) || DETECTIONS.includes(detection);
}
