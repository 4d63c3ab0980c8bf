/**
 * Every attribute name of the services: OpenTelemetry's stable ones, others that it has, and ours (`traced.`). Only this file
 * imports the package, because a bundle copies all of its names for each file that does, at every start.
 */

export {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_RESEND_COUNT,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
  ATTR_URL_FULL,
  ATTR_URL_PATH,
  ATTR_URL_SCHEME,
  ATTR_USER_AGENT_ORIGINAL,
} from '@opentelemetry/semantic-conventions';

/** Google's resource attribute for the project that stores the trace. */
export const GCP_PROJECT_ID = 'gcp.project_id';

/** Semantic conventions, resource: cloud and FaaS (development status). */
export const CLOUD_PROVIDER = 'cloud.provider';
export const CLOUD_PLATFORM = 'cloud.platform';
export const CLOUD_REGION = 'cloud.region';
export const FAAS_NAME = 'faas.name';
export const FAAS_VERSION = 'faas.version';
export const DEPLOYMENT_ENVIRONMENT_NAME = 'deployment.environment.name';

/** How long the work of this span was allowed to take, in whole milliseconds, when the span began. */
export const DEADLINE_MS = 'traced.deadline_ms';

/** True when that time was over before the work was. */
export const DEADLINE_EXCEEDED = 'traced.deadline_exceeded';
