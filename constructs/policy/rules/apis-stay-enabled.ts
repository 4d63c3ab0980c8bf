import type { PolicyRule } from '../policy-rule';

export const apisStayEnabled = {
  id: 'apis-stay-enabled',
  title: 'destroying a stack leaves the APIs of its project enabled',
  why: 'an API that is disabled with one stack stops for everything in the project, and by default it is',
  sources: ['Terraform google provider 6, "google_project_service"'],
  level: 'error',
  pass: {
    resource: {
      google_project_service: { run: { service: 'run.googleapis.com', disable_on_destroy: false } },
    },
  },
  fail: { resource: { google_project_service: { run: { service: 'run.googleapis.com' } } } },
  *check(stack) {
    for (const resource of stack.ofType('google_project_service')) {
      const { disable_on_destroy, service } = resource.attributes;
      if (!stack.isNot(disable_on_destroy, false)) continue;
      yield {
        resource,
        found: `destroying it disables ${stack.text(service) ?? 'the API'} for the whole project`,
        write: "write disableOnDestroy: false, or use enableApi(this, '...')",
      };
    }
  },
} as const satisfies PolicyRule;
