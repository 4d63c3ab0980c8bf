/**
 * Names of the attributes that explain a trace. The local cloud takes spans of anybody's services, so none of them needs
 * to be there.
 */

/** HTTP's semantic conventions; each with the name it had before they became stable. */
export const HTTP_METHOD = ['http.request.method', 'http.method'];
export const HTTP_ROUTE = ['http.route', 'url.path'];
export const HTTP_STATUS = ['http.response.status_code', 'http.status_code'];
export const HTTP_RESEND_COUNT = 'http.request.resend_count';
export const URL_FULL = ['url.full', 'http.url'];
export const SERVER_ADDRESS = 'server.address';
export const ERROR_TYPE = 'error.type';

/** How long the work of a span was allowed to take when it began, in whole milliseconds; true when that was over before it was. */
export const DEADLINE_MS = 'traced.deadline_ms';
export const DEADLINE_EXCEEDED = 'traced.deadline_exceeded';

/** The bucket of a call, where it is, and whether that is another region than the caller's. */
export const BUCKET = 'gcp.storage.bucket';
export const BUCKET_LOCATION = 'gcp.storage.bucket.location';
export const CROSS_REGION = 'gcp.storage.cross_region';
export const CLOUD_REGION = 'cloud.region';

/** GenAI's semantic conventions. */
export const GEN_AI_OPERATION = 'gen_ai.operation.name';
export const GEN_AI_MODEL = ['gen_ai.response.model', 'gen_ai.request.model'];
export const GEN_AI_OUTPUT_TOKENS = 'gen_ai.usage.output_tokens';

/** On spans of Cloud Run's front end: the service behind it. */
export const FRONT_END_SERVICE = 'g.co/r/cloud_run_revision/service_name';

/** What the local cloud did to a request because it was told to. */
export const INJECTED_FAULT = 'local_cloud.fault';
