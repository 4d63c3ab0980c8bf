import { accountOfService, cloudRunServices } from '../cloud-run-services';
import { grantsByAccount } from '../grants';
import type { PolicyRule } from '../policy-rule';

export const grantsBeforeStart = {
  id: 'grants-before-start',
  title: 'a service starts after everything its account is granted',
  why: 'the first revision starts while the service is made: without its grants it cannot read its secrets, loses its first spans, or fails the deploy at random',
  sources: ['hashicorp/terraform-provider-google#13786', 'Terraform, "depends_on"'],
  level: 'error',
  pass: granted(['google_project_iam_member.api']),
  fail: granted([]),
  *check(stack) {
    const grants = grantsByAccount(stack);
    for (const service of cloudRunServices(stack)) {
      const { resource } = service;
      for (const grant of grants.get(accountOfService(service, stack) ?? '') ?? []) {
        if (stack.waitsFor(resource, grant.resource) || stack.waitsFor(grant.resource, resource)) continue;
        yield {
          resource,
          found: `it does not wait for ${grant.resource.address}, which grants ${grant.role ?? 'a role'} to its account`,
          write: 'add the grant to its dependsOn, for a TracedCloudRunService by service.startAfter(grant)',
        };
      }
    }
  },
} as const satisfies PolicyRule;

function granted(depends_on: readonly string[]) {
  return {
    resource: {
      google_service_account: { api: { account_id: 'api-account' } },
      google_project_iam_member: {
        api: { role: 'roles/cloudtrace.agent', member: '${google_service_account.api.member}' },
      },
      google_cloud_run_v2_service: {
        api: { template: { service_account: '${google_service_account.api.email}' }, depends_on },
      },
    },
  };
}
