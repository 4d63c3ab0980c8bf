import type { IncomingMessage } from 'node:http';
import type { Iam } from '../iam/iam';
import type { BucketRecord } from './bucket';
import { StorageError } from './storage-error';

/**
 * The permissions of each role on a bucket and its objects, as far as they decide something here
 * (https://cloud.google.com/storage/docs/access-control/iam-roles).
 */
const PERMISSIONS_OF_ROLE = {
  'roles/storage.objectViewer': ['storage.objects.get', 'storage.objects.list'],
  'roles/storage.objectCreator': ['storage.objects.create'],
  'roles/storage.objectUser': [
    'storage.objects.create',
    'storage.objects.delete',
    'storage.objects.get',
    'storage.objects.list',
    'storage.objects.update',
  ],
  'roles/storage.objectAdmin': [
    'storage.objects.create',
    'storage.objects.delete',
    'storage.objects.get',
    'storage.objects.list',
    'storage.objects.update',
  ],
  'roles/storage.admin': [
    'storage.buckets.create',
    'storage.buckets.delete',
    'storage.buckets.get',
    'storage.buckets.getIamPolicy',
    'storage.buckets.list',
    'storage.buckets.setIamPolicy',
    'storage.buckets.update',
    'storage.objects.create',
    'storage.objects.delete',
    'storage.objects.get',
    'storage.objects.list',
    'storage.objects.update',
  ],
  'roles/storage.bucketViewer': ['storage.buckets.get', 'storage.buckets.list'],
  'roles/storage.legacyBucketReader': ['storage.buckets.get', 'storage.objects.list'],
  'roles/storage.legacyBucketWriter': [
    'storage.buckets.get',
    'storage.objects.create',
    'storage.objects.delete',
    'storage.objects.list',
  ],
  'roles/storage.legacyObjectReader': ['storage.objects.get'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Permission = (typeof PERMISSIONS_OF_ROLE)[keyof typeof PERMISSIONS_OF_ROLE][number];

/** The roles that mean something on a bucket here. */
export const STORAGE_ROLES: readonly string[] = Object.keys(PERMISSIONS_OF_ROLE);

/** Who makes a request: a service account, or nobody in particular. */
export interface Caller {
  readonly email: string | undefined;
}

export interface AccessOptions {
  readonly iam: Iam;
  /** The email of the service account that an access token stands for. */
  readonly authenticate: (token: string) => string | undefined;
}

/** Bucket's name in IAM. */
export function bucketIamName(bucket: string): string {
  return `//storage.googleapis.com/buckets/${bucket}`;
}

/** Says who calls, and what they may do to a bucket and its objects. */
export class Access {
  readonly #options: AccessOptions;

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /** Throws 401 for credentials that nobody holds. */
  caller(request: IncomingMessage): Caller {
    const { authorization } = request.headers;
    if (authorization === undefined) return { email: undefined };
    const token = /^Bearer (.+)$/i.exec(authorization)?.[1];
    const email = token === undefined ? undefined : this.#options.authenticate(token);
    if (email === undefined) {
      throw new StorageError(401, 'authError', 'Invalid Credentials', {
        locationType: 'header',
        location: 'Authorization',
      });
    }
    return { email };
  }

  /** Throws 403, or 401 for a caller without credentials. */
  require(caller: Caller, permission: Permission, bucket: BucketRecord): void {
    if (!this.allows(caller, permission, bucket)) throw denied(caller, permission);
  }

  allows(caller: Caller, permission: string, bucket: BucketRecord): boolean {
    const resources = [bucketIamName(bucket.name), projectIamName(bucket.projectId)];
    const { iam } = this.#options;
    const roles = rolesWith(permission);
    if (bucket.publicAccessPrevention === 'inherited') return iam.allows(resources, roles, caller.email);
    // Enforced prevention takes away what allUsers and allAuthenticatedUsers were given.
    const member = `serviceAccount:${caller.email ?? ''}`;
    return resources.some((resource) => roles.some((role) => iam.hasMember(resource, role, member)));
  }

  /** Whether the caller may list or make buckets in a project; throws 403 or 401. */
  requireOnProject(caller: Caller, permission: Permission, projectId: string): void {
    const allowed = this.#options.iam.allows(
      [projectIamName(projectId)],
      rolesWith(permission),
      caller.email,
    );
    if (!allowed) throw denied(caller, permission);
  }
}

function projectIamName(projectId: string): string {
  return `//cloudresourcemanager.googleapis.com/projects/${projectId}`;
}

function rolesWith(permission: string): string[] {
  return Object.entries(PERMISSIONS_OF_ROLE)
    .filter(([, permissions]: [string, readonly string[]]) => permissions.includes(permission))
    .map(([role]) => role);
}

function denied({ email }: Caller, permission: Permission): StorageError {
  const message =
    `${email ?? 'Anonymous caller'} does not have ${permission} access to the ${targetOf(permission)}. ` +
    `Permission '${permission}' denied on resource (or it may not exist).`;
  return email === undefined
    ? new StorageError(401, 'required', message, { locationType: 'header', location: 'Authorization' })
    : new StorageError(403, 'forbidden', message);
}

/** What a permission is checked on: to list and to make is a matter of what contains the things. */
function targetOf(permission: Permission): string {
  if (['storage.buckets.create', 'storage.buckets.list'].includes(permission)) return 'Google Cloud project';
  const isObject = permission.startsWith('storage.objects.') && permission !== 'storage.objects.list';
  return `Google Cloud Storage ${isObject ? 'object' : 'bucket'}`;
}
