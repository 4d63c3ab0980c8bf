import { applySettings, defaultSettings } from './bucket-fields';
import { parseResource } from './multipart';
import { checkPreconditions, parsePreconditions } from './preconditions';
import { invalid } from './storage-error';
import { bucketResource } from './resources';
import { readBody, sendJson, type StorageRequest } from './storage-request';

/** Where Cloud Storage puts a bucket whose maker does not say. */
const DEFAULT_LOCATION = 'US';

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

/** `buckets.insert`. */
export async function insertBucket({ storage, access, ...call }: StorageRequest): Promise<void> {
  const projectId = call.query.get('project');
  if (projectId === null) throw invalid('Required parameter: project');
  access.requireOnProject(call.caller, 'storage.buckets.create', projectId);
  const resource = parseResource((await readBody(call.body)).toString('utf8'));
  const { name, location = DEFAULT_LOCATION } = resource;
  if (typeof name !== 'string') throw invalid('Required parameter: name');
  if (typeof location !== 'string') throw invalid('Invalid value for field location');
  const settings = applySettings(defaultSettings(location), resource, location);
  const { record } = storage.createBucket({ name, projectId, location, ...settings });
  sendJson(call.response, bucketResource(record));
}

/** `buckets.patch`. */
export async function patchBucket({ storage, access, ...call }: StorageRequest, name: string): Promise<void> {
  const resource = parseResource((await readBody(call.body)).toString('utf8'));
  const { record } = storage.requireBucket(name);
  access.require(call.caller, 'storage.buckets.update', record);
  // A bucket has no generation that a condition could be about.
  checkPreconditions(parsePreconditions(call.query), { ...record, generation: 0 }, 'write');
  const updated = storage.updateBucket(name, applySettings(record, resource, record.location));
  sendJson(call.response, bucketResource(updated.record));
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
