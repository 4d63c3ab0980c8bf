import { cloudRunServices } from '../cloud-run-services';
import type { PolicyRule } from '../policy-rule';

const SECRET_NAME =
  /(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS?)$/i;
/** Keys of Google APIs, GitHub, Slack and Stripe, and private keys, by how they start. */
const SECRET_VALUE =
  /AIza[\w-]{35}|\bgh[opsu]_\w{36}|\bxox[abprs]-\w+|\bsk_live_\w+|-----BEGIN [A-Z ]*PRIVATE KEY-----/;
/** Flags, numbers, paths of files and resource names are no secrets, whatever the variable is called. */
const HARMLESS = /^(?:|true|false|[\d.]+|\/.*|projects\/.*)$/;

export const secretsByReference = {
  id: 'secrets-by-reference',
  title: 'secrets come from Secret Manager, not as values of environment variables',
  why: 'a value is readable in the Terraform state, in the console and for everybody who may view the service',
  sources: ['CIS 1.17 (for functions)', 'Cloud Run, "Configure secrets"'],
  level: 'error',
  pass: withVariable({
    name: 'STRIPE_KEY',
    value_source: { secret_key_ref: { secret: 'stripe-key', version: '3' } },
  }),
  fail: withVariable({ name: 'DATABASE_PASSWORD', value: 'hunter2' }),
  *check(stack) {
    for (const { resource, variables } of cloudRunServices(stack)) {
      for (const { name, value } of variables) {
        const text = stack.text(value);
        const namesSecret = stack
          .referenced(value)
          .some(({ type }) => type.startsWith('google_secret_manager_secret'));
        const looksSecret = SECRET_NAME.test(name) && !HARMLESS.test(text ?? 'not known') && !namesSecret;
        if (value === undefined || value === null) continue;
        if (!looksSecret && !SECRET_VALUE.test(text ?? '')) continue;
        yield {
          resource,
          found: `the variable ${name} holds a secret in clear text`,
          write: 'write it as valueSource: { secretKeyRef: { secret, version } }',
        };
      }
    }
  },
} as const satisfies PolicyRule;

function withVariable(variable: Readonly<Record<string, unknown>>) {
  return {
    resource: { google_cloud_run_v2_service: { api: { template: { containers: [{ env: [variable] }] } } } },
  };
}
