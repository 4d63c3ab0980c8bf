import { accountOfService, type CloudRunService, cloudRunServices, variableOf } from '../cloud-run-services';
import { grantsByAccount } from '../grants';
import type { PolicyRule } from '../policy-rule';
import type { SynthesizedStack } from '../synthesized-stack';

/** Roles that may write spans (Cloud Trace, "Access control with IAM"). */
const WRITES_SPANS = [
  'roles/cloudtrace.agent',
  'roles/cloudtrace.admin',
  'roles/telemetry.tracesWriter',
  'roles/telemetry.writer',
];

export const traceAgentRole = {
  id: 'trace-agent-role',
  title: 'a service that sends spans to Google may write them',
  why: 'without the role every span is refused, and nothing but missing traces tells of it',
  sources: ['Cloud Trace, "Access control with IAM"'],
  level: 'error',
  pass: tracedWith('roles/cloudtrace.agent'),
  fail: tracedWith('roles/monitoring.metricWriter'),
  *check(stack) {
    const grants = grantsByAccount(stack);
    for (const service of cloudRunServices(stack)) {
      const account = accountOfService(service, stack);
      // What other accounts may do is decided elsewhere.
      const isOfStack = account?.startsWith('google_service_account.') ?? false;
      if (!service.traced || !isOfStack || !sendsToGoogle(service, stack)) continue;
      const wide = (grants.get(account ?? '') ?? []).filter((grant) => grant.wide);
      // A role of one's own, or one that is not known, may hold the permission.
      const may = wide.some(({ role }) => !role?.startsWith('roles/') || WRITES_SPANS.includes(role));
      if (may) continue;
      yield {
        resource: service.resource,
        found: `it sends its spans to Google, and ${account} has no role to write them`,
        write: "grant 'roles/cloudtrace.agent' in the project by a google_project_iam_member",
      };
    }
  },
} as const satisfies PolicyRule;

function sendsToGoogle(service: CloudRunService, stack: SynthesizedStack): boolean {
  const endpoint = variableOf(service, 'OTEL_EXPORTER_OTLP_ENDPOINT', stack) ?? '';
  return (
    variableOf(service, 'OTEL_TRACES_EXPORTER', stack) === 'gcp_trace' || endpoint.includes('.googleapis.com')
  );
}

function tracedWith(role: string) {
  const env = [{ name: 'OTEL_TRACES_EXPORTER', value: 'gcp_trace' }];
  return {
    resource: {
      google_service_account: { api: { account_id: 'api-account' } },
      google_project_iam_member: { api: { role, member: '${google_service_account.api.member}' } },
      google_cloud_run_v2_service: {
        api: { template: { service_account: '${google_service_account.api.email}', containers: [{ env }] } },
      },
    },
  };
}
