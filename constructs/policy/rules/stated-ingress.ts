import { CLOUD_RUN_SERVICE } from '../cloud-run-services';
import type { PolicyRule } from '../policy-rule';

export const statedIngress = {
  id: 'stated-ingress',
  title: 'every service says from where it can be reached',
  why: 'a service that says nothing is reachable from the whole internet, with IAM as the only door',
  sources: ['CKV_GCP_124 (for functions)', 'Cloud Run, "Restrict network ingress"'],
  level: 'error',
  pass: { resource: { google_cloud_run_v2_service: { api: { ingress: 'INGRESS_TRAFFIC_INTERNAL_ONLY' } } } },
  fail: { resource: { google_cloud_run_v2_service: { api: {} } } },
  *check(stack) {
    for (const resource of stack.ofType(CLOUD_RUN_SERVICE)) {
      if (resource.attributes['ingress'] !== undefined) continue;
      yield {
        resource,
        found: 'ingress is left out, so its URL can be reached from everywhere',
        write: "write ingress: 'INGRESS_TRAFFIC_INTERNAL_ONLY', or another value where that is meant",
      };
    }
  },
} as const satisfies PolicyRule;
