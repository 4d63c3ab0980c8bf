import { grantsOf } from '../grants';
import type { PolicyRule } from '../policy-rule';

/** Roles for what has its own IAM policy. */
const OF_A_RESOURCE =
  /^roles\/(?:storage\..+|run\.(?:invoker|servicesInvoker)|secretmanager\.secretAccessor)$/;

export const grantsOnResource = {
  id: 'grants-on-resource',
  title: 'service accounts use buckets, services and secrets by grants on each of them',
  why: 'a grant in the project opens every bucket, service or secret there, also those that are still to come',
  sources: ['Cloud Run, "Authenticating service-to-service"', 'Secret Manager, "Best practices"'],
  level: 'error',
  pass: {
    resource: {
      google_storage_bucket_iam_member: {
        api: {
          bucket: 'documents',
          role: 'roles/storage.objectUser',
          member: 'serviceAccount:api@p.iam.gserviceaccount.com',
        },
      },
    },
  },
  fail: {
    resource: {
      google_project_iam_member: {
        api: { role: 'roles/storage.objectUser', member: 'serviceAccount:api@p.iam.gserviceaccount.com' },
      },
    },
  },
  *check(stack) {
    for (const { resource, role, accounts, wide } of grantsOf(stack)) {
      if (!wide || accounts.length === 0 || !OF_A_RESOURCE.test(role ?? '')) continue;
      yield {
        resource,
        found: `${role} is granted for the whole project`,
        write:
          'grant it on the one resource: google_storage_bucket_iam_member, google_cloud_run_v2_service_iam_member or ' +
          'google_secret_manager_secret_iam_member',
      };
    }
  },
} as const satisfies PolicyRule;
