import { CLOUD_RUN_SERVICE } from '../cloud-run-services';
import type { PolicyRule } from '../policy-rule';

export const serviceDeletionProtection = {
  id: 'service-deletion-protection',
  title: 'services are protected from being deleted',
  why: 'a renamed construct or a wrong destroy takes a service down with its URL; the protection makes that a decision of its own',
  sources: ['Terraform google provider, "google_cloud_run_v2_service"'],
  level: 'error',
  notWhereDisposable: true,
  pass: { resource: { google_cloud_run_v2_service: { api: { deletion_protection: true } } } },
  fail: { resource: { google_cloud_run_v2_service: { api: { deletion_protection: false } } } },
  *check(stack) {
    for (const resource of stack.ofType(CLOUD_RUN_SERVICE)) {
      if (!stack.is(resource.attributes['deletion_protection'], false)) continue;
      yield {
        resource,
        found: 'deletionProtection is false',
        write:
          'write deletionProtection: true, or give service and policy an environment where everything may be destroyed',
      };
    }
  },
} as const satisfies PolicyRule;
