import { block } from '../attributes';
import { cloudRunServices } from '../cloud-run-services';
import type { PolicyRule } from '../policy-rule';

export const cpuAfterAnswer = {
  id: 'cpu-after-answer',
  title: 'a traced service has its CPU after the answer too',
  why: 'spans are sent after the answer: without CPU they wait for the next request, or are lost with the instance',
  sources: ['Cloud Run, "Configure billing settings"'],
  level: 'warning',
  pass: tracedWith(false),
  fail: tracedWith(true),
  *check(stack) {
    for (const { resource, containers, traced } of cloudRunServices(stack)) {
      if (!traced || !stack.is(block(containers[0], 'resources')?.['cpu_idle'], true)) continue;
      yield {
        resource,
        found: 'cpuIdle is true, and spans are still to be sent when the answer has gone',
        write: 'write cpuIdle: false, or waive the rule where late spans are the lower price',
      };
    }
  },
} as const satisfies PolicyRule;

function tracedWith(cpu_idle: boolean) {
  const env = [{ name: 'OTEL_TRACES_EXPORTER', value: 'gcp_trace' }];
  return {
    resource: {
      google_cloud_run_v2_service: { api: { template: { containers: [{ resources: { cpu_idle }, env }] } } },
    },
  };
}
