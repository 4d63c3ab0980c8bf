/**
 * Construct ids of what a stack has once for all its services, which are direct children of the stack as services are:
 * no service beside them can have the same id.
 */

/** The repository of the images of its services. */
export const IMAGES_ID = 'images';
/** The program that publishes them. */
export const PUBLISHER_ID = 'publisher';
const API_PREFIX = 'api-';

/** Of an enabled API, such as `run.googleapis.com`. */
export function apiId(service: string): string {
  return `${API_PREFIX}${service.replace(/\.googleapis\.com$/, '')}`;
}

/** Whether a stack may have something of its own by this id. */
export function isStackId(id: string): boolean {
  return id === IMAGES_ID || id === PUBLISHER_ID || id.startsWith(API_PREFIX);
}
