/**
 * Attribute names that `@opentelemetry/semantic-conventions` does not have in its stable part, and ours (`traced.`).
 */

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
