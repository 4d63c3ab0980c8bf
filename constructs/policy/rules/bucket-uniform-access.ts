import type { PolicyRule } from '../policy-rule';

export const bucketUniformAccess = {
  id: 'bucket-uniform-access',
  title: 'access to a bucket is decided by IAM alone',
  why: 'with access lists each object can be opened to others, beside IAM and unseen by it',
  sources: ['CKV_GCP_29', 'GCP-0002', 'CIS 5.2'],
  level: 'error',
  pass: { resource: { google_storage_bucket: { documents: { uniform_bucket_level_access: true } } } },
  fail: { resource: { google_storage_bucket: { documents: {} } } },
  *check(stack) {
    for (const resource of stack.ofType('google_storage_bucket')) {
      if (!stack.isNot(resource.attributes['uniform_bucket_level_access'], true)) continue;
      yield {
        resource,
        found: 'uniformBucketLevelAccess is off',
        write: 'write uniformBucketLevelAccess: true',
      };
    }
  },
} as const satisfies PolicyRule;
