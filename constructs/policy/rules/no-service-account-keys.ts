import type { PolicyRule } from '../policy-rule';

export const noServiceAccountKeys = {
  id: 'no-service-account-keys',
  title: 'no service account has a key',
  why: 'a key never expires, lies in the Terraform state, and works for whoever has a copy; Cloud Run needs none',
  sources: ['CKV2_GCP_3', 'CIS 1.4', 'CIS 1.7'],
  level: 'error',
  pass: { resource: { google_service_account: { api: { account_id: 'api-account' } } } },
  fail: {
    resource: {
      google_service_account_key: { api: { service_account_id: 'api@p.iam.gserviceaccount.com' } },
    },
  },
  *check(stack) {
    for (const resource of stack.ofType('google_service_account_key')) {
      yield {
        resource,
        found: 'it makes a key',
        write: 'let the service run as the account, and others through workload identity federation',
      };
    }
  },
} as const satisfies PolicyRule;
