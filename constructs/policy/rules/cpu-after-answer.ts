import { block } from '../attributes';
import { cloudRunServices, variableOf } from '../cloud-run-services';
import type { PolicyRule } from '../policy-rule';

export const cpuAfterAnswer = {
  id: 'cpu-after-answer',
  title: 'a traced service has its CPU after the answer too, or sends its spans before',
  why: 'spans are sent after the answer: without CPU they wait for the next request, or are lost with the instance',
  sources: ['Cloud Run, "Configure billing settings"'],
  level: 'warning',
  pass: tracedWith(true, { name: 'TRACED_FLUSH', value: 'request' }),
  fail: tracedWith(true),
  *check(stack) {
    for (const service of cloudRunServices(stack)) {
      const { resource, containers, traced } = service;
      const isIdle = stack.is(block(containers[0], 'resources')?.['cpu_idle'], true);
      if (!traced || !isIdle || variableOf(service, 'TRACED_FLUSH', stack) === 'request') continue;
      yield {
        resource,
        found: 'cpuIdle is true, and spans are still to be sent when the answer has gone',
        write: "write cpuIdle as an option of TracedCloudRunService, or the variable TRACED_FLUSH: 'request'",
      };
    }
  },
} as const satisfies PolicyRule;

function tracedWith(
  cpu_idle: boolean,
  ...variables: readonly { readonly name: string; readonly value: string }[]
) {
  const env = [{ name: 'OTEL_TRACES_EXPORTER', value: 'gcp_trace' }, ...variables];
  return {
    resource: {
      google_cloud_run_v2_service: { api: { template: { containers: [{ resources: { cpu_idle }, env }] } } },
    },
  };
}
