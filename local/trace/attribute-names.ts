/**
 * Names of the attributes that explain a trace. The local cloud takes spans of anybody's services, so none of them needs
 * to be there.
 */

/** HTTP's semantic conventions; each with the name it had before they became stable. */
export const HTTP_METHOD = ['http.request.method', 'http.method'];
export const HTTP_ROUTE = ['http.route', 'url.path'];
export const HTTP_STATUS = ['http.response.status_code', 'http.status_code'];

/** How long the work of a span was allowed to take when it began, in whole milliseconds. */
export const DEADLINE_MS = 'traced.deadline_ms';
