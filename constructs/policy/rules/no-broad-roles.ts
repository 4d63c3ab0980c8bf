import { accountOfService, cloudRunServices } from '../cloud-run-services';
import { grantsOf } from '../grants';
import type { PolicyRule } from '../policy-rule';

/** Basic roles, those that administrate, and those that let an account act as any other. */
const BROAD =
  /^roles\/(?:owner|editor|viewer|.*admin|iam\.serviceAccountUser|iam\.serviceAccountTokenCreator|iam\.workloadIdentityUser)$/i;

export const noBroadRoles = {
  id: 'no-broad-roles',
  title: 'no service has a basic role, an admin role or the right to act as others in a whole project',
  why: 'a mistake in one service, or whoever takes it over, could then change everything in the project',
  sources: [
    'CKV_GCP_41',
    'CKV_GCP_42',
    'CKV_GCP_49',
    'CKV_GCP_117',
    'GCP-0007',
    'GCP-0011',
    'CIS 1.5',
    'CIS 1.6',
  ],
  level: 'error',
  pass: withRole('roles/cloudtrace.agent'),
  fail: withRole('roles/editor'),
  *check(stack) {
    const accounts = new Set(cloudRunServices(stack).map((service) => accountOfService(service, stack)));
    for (const grant of grantsOf(stack)) {
      const isOfService = grant.accounts.some((account) => accounts.has(account));
      if (!grant.wide || !isOfService || !BROAD.test(grant.role ?? '')) continue;
      yield {
        resource: grant.resource,
        found: `a service may use ${grant.role} everywhere`,
        write: 'grant the narrowest predefined role, on the resource it is needed for',
      };
    }
  },
} as const satisfies PolicyRule;

function withRole(role: string) {
  return {
    resource: {
      google_service_account: { api: { account_id: 'api-account' } },
      google_cloud_run_v2_service: {
        api: { template: { service_account: '${google_service_account.api.email}' } },
      },
      google_project_iam_member: { api: { role, member: '${google_service_account.api.member}' } },
    },
  };
}
