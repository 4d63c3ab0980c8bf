import { bucketUses } from '../bucket-uses';
import type { PolicyRule } from '../policy-rule';

export const bucketCoLocated = {
  id: 'bucket-co-located',
  title: 'a bucket is in the region of the services that use it',
  why: 'every access from another region crosses there and back, which is how a request runs past its deadline and ends in a 504',
  sources: ['Cloud Storage, "Bucket locations"'],
  level: 'error',
  pass: bucketIn('EUROPE-WEST1'),
  fail: bucketIn('US-CENTRAL1'),
  *check(stack) {
    for (const { by, bucket, location, service, region, nearness } of bucketUses(stack)) {
      if (nearness !== 'elsewhere') continue;
      yield {
        resource: by,
        found: `${bucket.address} is in ${location}, and ${service.address} uses it from ${region}`,
        write: `write location: '${region.toUpperCase()}'; a location cannot be changed, so copy the objects first`,
      };
    }
  },
} as const satisfies PolicyRule;

function bucketIn(location: string) {
  return {
    resource: {
      google_storage_bucket: { documents: { name: 'documents', location } },
      google_service_account: { api: { account_id: 'api-account' } },
      google_cloud_run_v2_service: {
        api: {
          location: 'europe-west1',
          template: { service_account: '${google_service_account.api.email}' },
        },
      },
      google_storage_bucket_iam_member: {
        api: {
          bucket: '${google_storage_bucket.documents.name}',
          role: 'roles/storage.objectUser',
          member: 'serviceAccount:${google_service_account.api.email}',
        },
      },
    },
  };
}
