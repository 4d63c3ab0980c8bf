import type { PolicyRule } from '../policy-rule';

export const bucketPublicAccessPrevention = {
  id: 'bucket-public-access-prevention',
  title: 'a bucket cannot be made public',
  why: 'without it one grant to allUsers, here or in the console, publishes every object',
  sources: ['CKV_GCP_114', 'GCP-0001', 'CIS 5.1'],
  level: 'error',
  pass: { resource: { google_storage_bucket: { documents: { public_access_prevention: 'enforced' } } } },
  fail: { resource: { google_storage_bucket: { documents: {} } } },
  *check(stack) {
    for (const resource of stack.ofType('google_storage_bucket')) {
      if (!stack.isNot(resource.attributes['public_access_prevention'], 'enforced')) continue;
      yield {
        resource,
        found: 'publicAccessPrevention is not enforced',
        write: "write publicAccessPrevention: 'enforced'",
      };
    }
  },
} as const satisfies PolicyRule;
