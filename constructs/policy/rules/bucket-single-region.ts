import { bucketUses } from '../bucket-uses';
import type { PolicyRule } from '../policy-rule';

export const bucketSingleRegion = {
  id: 'bucket-single-region',
  title: 'a bucket that services use is not spread over a multi-region',
  why: 'any of its regions may answer, so its latency is at best that of the own region, and nobody can rely on it',
  sources: ['Cloud Storage, "Bucket locations"'],
  level: 'warning',
  pass: mountedBucketIn('EUROPE-WEST1'),
  fail: mountedBucketIn('EU'),
  *check(stack) {
    for (const { by, bucket, location, service, region, nearness } of bucketUses(stack)) {
      if (nearness !== 'around') continue;
      yield {
        resource: by,
        found: `${bucket.address} is in the multi-region ${location}, and ${service.address} uses it from ${region}`,
        write: `write location: '${region.toUpperCase()}' where its latency matters`,
      };
    }
  },
} as const satisfies PolicyRule;

function mountedBucketIn(location: string) {
  return {
    resource: {
      google_storage_bucket: { documents: { name: 'documents', location } },
      google_cloud_run_v2_service: {
        api: {
          location: 'europe-west1',
          template: { volumes: [{ name: 'documents', gcs: { bucket: 'documents' } }] },
        },
      },
    },
  };
}
