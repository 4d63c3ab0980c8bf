import { invalid } from './storage-error';
import { bucketResource } from './resources';
import { sendJson, type StorageRequest } from './storage-request';

/** `buckets.list`: all at once, as a project here has few. */
export function listBuckets({ storage, access, caller, query, response }: StorageRequest): void {
  const projectId = query.get('project');
  if (projectId === null) throw invalid('Required parameter: project');
  access.requireOnProject(caller, 'storage.buckets.list', projectId);
  const items = storage
    .buckets()
    .map((bucket) => bucket.record)
    .filter((record) => record.projectId === projectId && record.name.startsWith(query.get('prefix') ?? ''))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(bucketResource);
  sendJson(response, { kind: 'storage#buckets', items });
}

/** `buckets.get`. */
export function getBucket({ storage, access, caller, response }: StorageRequest, name: string): void {
  const { record } = storage.requireBucket(name);
  access.require(caller, 'storage.buckets.get', record);
  sendJson(response, bucketResource(record));
}

/** `buckets.testIamPermissions`. */
export function testIamPermissions(
  { storage, access, caller, query, response }: StorageRequest,
  name: string,
): void {
  const { record } = storage.requireBucket(name);
  const permissions = query
    .getAll('permissions')
    .filter((permission) => access.allows(caller, permission, record));
  sendJson(response, {
    kind: 'storage#testIamPermissionsResponse',
    // Google leaves the list out when it is empty.
    ...(permissions.length > 0 ? { permissions } : {}),
  });
}
