import { block, isUnreadable } from '../attributes';
import type { PolicyRule } from '../policy-rule';

export const bucketSoftDelete = {
  id: 'bucket-soft-delete',
  title: 'a bucket says for how long deleted objects can be brought back',
  why: 'what is left out is decided by whoever last changed it: Terraform neither sets nor shows it',
  sources: ['Cloud Storage, "Soft delete"'],
  level: 'error',
  pass: {
    resource: {
      google_storage_bucket: { documents: { soft_delete_policy: { retention_duration_seconds: 604_800 } } },
    },
  },
  fail: { resource: { google_storage_bucket: { documents: {} } } },
  *check(stack) {
    for (const resource of stack.ofType('google_storage_bucket')) {
      const policy = block(resource.attributes, 'soft_delete_policy');
      if (isUnreadable(resource.attributes, 'soft_delete_policy')) continue;
      if (policy?.['retention_duration_seconds'] !== undefined) continue;
      yield {
        resource,
        found: 'softDeletePolicy is left out',
        write: 'write softDeletePolicy: { retentionDurationSeconds: 604800 } for a week, or 0 for not at all',
      };
    }
  },
} as const satisfies PolicyRule;
