import type { PolicyRule } from '../policy-rule';

const AUTHORITATIVE = /^google_.*_iam_(?:policy|binding)$/;

export const additiveIam = {
  id: 'additive-iam',
  title: 'grants add a member and leave those of others alone',
  why: 'a binding or a policy removes whoever else has the role, such as another stack or a Google service agent, at the next apply',
  sources: ['Terraform google provider, "google_project_iam"'],
  level: 'error',
  pass: {
    resource: {
      google_project_iam_member: {
        api: { role: 'roles/cloudtrace.agent', member: 'group:team@example.com' },
      },
    },
  },
  fail: {
    resource: {
      google_project_iam_binding: {
        api: { role: 'roles/cloudtrace.agent', members: ['group:team@example.com'] },
      },
    },
  },
  *check(stack) {
    for (const resource of stack.resources) {
      const { type, address } = resource;
      if (!AUTHORITATIVE.test(type) || address.startsWith('data.')) continue;
      yield {
        resource,
        found: `${type} removes the members it does not name`,
        write: `write one ${type.replace(/_(?:policy|binding)$/, '_member')} per member`,
      };
    }
  },
} as const satisfies PolicyRule;
