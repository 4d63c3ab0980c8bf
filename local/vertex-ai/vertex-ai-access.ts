import type { Iam } from '../iam/iam';
import { VertexAiError } from './vertex-ai-error';

export interface VertexAiAccessOptions {
  readonly iam: Iam;
  /** The email of the service account that an access token stands for. */
  readonly authenticate: (token: string) => string | undefined;
  /** Whether an API, such as `aiplatform.googleapis.com`, is enabled in a project. */
  readonly isEnabled: (projectId: string, api: string) => boolean;
}

/** A model as a request names it. */
export interface ModelName {
  readonly projectId: string;
  /** A region, or `global`. */
  readonly location: string;
  readonly model: string;
}

const API = 'aiplatform.googleapis.com';

const PERMISSION = 'aiplatform.endpoints.predict';

/** Roles that hold it, on the project (cloud.google.com/iam/docs/roles-permissions/aiplatform). */
const MODEL_USERS = ['roles/aiplatform.user', 'roles/aiplatform.admin', 'roles/editor', 'roles/owner'];

/** Throws 401 and 403, in Google's words, unless whoever holds the token may ask the model. */
export function requireAccess(
  options: VertexAiAccessOptions,
  token: string | undefined,
  name: ModelName,
): void {
  const email = token === undefined ? undefined : options.authenticate(token);
  if (email === undefined) {
    throw new VertexAiError(
      401,
      'UNAUTHENTICATED',
      'Request had invalid authentication credentials. Expected OAuth 2 access token.',
    );
  }
  const { projectId } = name;
  if (!options.isEnabled(projectId, API)) {
    throw new VertexAiError(
      403,
      'PERMISSION_DENIED',
      `Vertex AI API has not been used in project ${projectId} before or it is disabled.`,
      { reason: 'SERVICE_DISABLED', metadata: { service: API, consumer: `projects/${projectId}` } },
    );
  }
  const project = `//cloudresourcemanager.googleapis.com/projects/${projectId}`;
  if (options.iam.allows([project], MODEL_USERS, email)) return;
  const resource = `//${API}/${resourceName(name)}`;
  throw new VertexAiError(
    403,
    'PERMISSION_DENIED',
    `Permission '${PERMISSION}' denied on resource '${resource}' (or it may not exist).`,
    { reason: 'IAM_PERMISSION_DENIED', metadata: { permission: PERMISSION, resource } },
  );
}

function resourceName({ projectId, location, model }: ModelName): string {
  return `projects/${projectId}/locations/${location}/publishers/google/models/${model}`;
}
