import { accountOfService, cloudRunServices } from '../cloud-run-services';
import type { PolicyRule } from '../policy-rule';

const DEFAULT_ACCOUNT = /-compute@developer\.gserviceaccount\.com$/;
const WRITE = 'make a google_service_account for this service, and write serviceAccount: account.email';

export const ownServiceAccount = {
  id: 'own-service-account',
  title: 'every service runs as a service account of its own',
  why: "without one it runs as the project's default account, which may usually edit the whole project; a shared one has everything that any of its services needs",
  sources: ['GCP-0006', 'Cloud Run, "Service identity"'],
  level: 'error',
  pass: {
    resource: {
      google_service_account: { api: { account_id: 'api-account' } },
      google_cloud_run_v2_service: {
        api: { template: { service_account: '${google_service_account.api.email}' } },
      },
    },
  },
  fail: { resource: { google_cloud_run_v2_service: { api: { template: {} } } } },
  *check(stack) {
    const users = new Map<string, string>();
    for (const service of cloudRunServices(stack)) {
      const { resource, template } = service;
      const value = template?.['service_account'];
      const account = accountOfService(service, stack);
      const other = account === undefined ? undefined : users.get(account);
      if (account !== undefined) users.set(account, resource.address);
      const refersToDefault = stack
        .referenced(value)
        .some(({ type }) => type === 'google_compute_default_service_account');
      if (value === undefined || value === null || value === '') {
        yield {
          resource,
          found: 'serviceAccount is left out, so it runs as the default account',
          write: WRITE,
        };
      } else if (refersToDefault || DEFAULT_ACCOUNT.test(account ?? '')) {
        yield { resource, found: 'serviceAccount is the default account of the project', write: WRITE };
      } else if (other !== undefined) {
        yield { resource, found: `serviceAccount is also that of ${other}`, write: WRITE };
      }
    }
  },
} as const satisfies PolicyRule;
