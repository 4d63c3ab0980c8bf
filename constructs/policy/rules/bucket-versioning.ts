import { block, blocks, isUnreadable } from '../attributes';
import type { PolicyRule } from '../policy-rule';
import type { SynthesizedResource, SynthesizedStack } from '../synthesized-stack';

/** Conditions that only old versions meet (Cloud Storage, "Object Lifecycle Management"). */
const OF_OLD_VERSIONS = ['days_since_noncurrent_time', 'noncurrent_time_before', 'num_newer_versions'];

export const bucketVersioning = {
  id: 'bucket-versioning',
  title: 'a bucket keeps old versions of its objects, and not for ever',
  why: 'an object that a faulty deploy overwrites is lost without versions; versions that are never deleted are paid for for ever',
  sources: ['CKV_GCP_78', 'GCP-0078'],
  level: 'error',
  pass: {
    resource: {
      google_storage_bucket: {
        documents: {
          versioning: { enabled: true },
          lifecycle_rule: [{ action: { type: 'Delete' }, condition: { days_since_noncurrent_time: 30 } }],
        },
      },
    },
  },
  fail: { resource: { google_storage_bucket: { documents: { versioning: { enabled: true } } } } },
  *check(stack) {
    for (const resource of stack.ofType('google_storage_bucket')) {
      if (isUnreadable(resource.attributes, 'versioning')) continue;
      const enabled = block(resource.attributes, 'versioning')?.['enabled'];
      if (stack.isNot(enabled, true)) {
        yield {
          resource,
          found: 'versioning is off',
          write: 'write versioning: { enabled: true } and a lifecycle rule that deletes old versions',
        };
      } else if (!deletesOldVersions(resource, stack)) {
        yield {
          resource,
          found: 'old versions are never deleted',
          write:
            "write lifecycleRule: [{ action: { type: 'Delete' }, condition: { daysSinceNoncurrentTime: 30 } }]",
        };
      }
    }
  },
} as const satisfies PolicyRule;

function deletesOldVersions({ attributes }: SynthesizedResource, stack: SynthesizedStack): boolean {
  if (isUnreadable(attributes, 'lifecycle_rule')) return true;
  return blocks(attributes, 'lifecycle_rule').some((rule) => {
    const condition = block(rule, 'condition');
    const isArchived = stack.text(condition?.['with_state']) === 'ARCHIVED';
    return (
      stack.text(block(rule, 'action')?.['type']) === 'Delete' &&
      (isArchived || OF_OLD_VERSIONS.some((name) => condition?.[name] !== undefined))
    );
  });
}
