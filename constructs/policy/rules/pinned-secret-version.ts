import { cloudRunServices } from '../cloud-run-services';
import type { PolicyRule } from '../policy-rule';

export const pinnedSecretVersion = {
  id: 'pinned-secret-version',
  title: 'secrets in environment variables name their version',
  why: 'latest is read when an instance starts, so instances of one revision differ, and going back to an older revision does not bring the older secret back',
  sources: ['Cloud Run, "Configure secrets"'],
  level: 'error',
  pass: withVersion('3'),
  fail: withVersion('latest'),
  *check(stack) {
    for (const { resource, variables } of cloudRunServices(stack)) {
      for (const { name, secret } of variables) {
        if (!secret) continue;
        const { version } = secret;
        if (version !== undefined && stack.text(version) !== 'latest') continue;
        yield {
          resource,
          found: `the variable ${name} takes ${version === undefined ? 'no version' : "the version 'latest'"} of its secret`,
          write: "write the number, such as version: '3'",
        };
      }
    }
  },
} as const satisfies PolicyRule;

function withVersion(version: string) {
  const variable = {
    name: 'STRIPE_KEY',
    value_source: { secret_key_ref: { secret: 'stripe-key', version } },
  };
  return {
    resource: { google_cloud_run_v2_service: { api: { template: { containers: [{ env: [variable] }] } } } },
  };
}
