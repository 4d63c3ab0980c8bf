import { cloudRunServices } from '../cloud-run-services';
import type { PolicyRule } from '../policy-rule';

export const statedSampling = {
  id: 'stated-sampling',
  title: 'a traced service says how many of its traces it keeps',
  why: "without it every trace is kept and paid for, or Cloud Run's own flag decides, which is set for one request in ten seconds",
  sources: ['OpenTelemetry specification, "Environment variables"', 'Cloud Run, "Using distributed tracing"'],
  level: 'error',
  pass: sampledBy([
    { name: 'OTEL_TRACES_SAMPLER', value: 'parentbased_traceidratio' },
    { name: 'OTEL_TRACES_SAMPLER_ARG', value: '0.1' },
  ]),
  fail: sampledBy([{ name: 'OTEL_TRACES_SAMPLER', value: 'parentbased_traceidratio' }]),
  *check(stack) {
    for (const { resource, variables, traced } of cloudRunServices(stack)) {
      if (!traced) continue;
      const find = (name: string) => variables.find((variable) => variable.name === name);
      const sampler = find('OTEL_TRACES_SAMPLER');
      const argument = find('OTEL_TRACES_SAMPLER_ARG');
      const takesRatio = stack.text(sampler?.value)?.endsWith('traceidratio') ?? false;
      const ratio = stack.text(argument?.value);
      const isRatio =
        ratio === undefined || (ratio.trim() !== '' && Number(ratio) >= 0 && Number(ratio) <= 1);
      if (sampler && (!takesRatio || (argument && isRatio))) continue;
      const got = !sampler
        ? 'OTEL_TRACES_SAMPLER is left out'
        : !argument
          ? 'OTEL_TRACES_SAMPLER_ARG is left out'
          : `OTEL_TRACES_SAMPLER_ARG is '${ratio}', allowed is a number from 0 to 1`;
      yield {
        resource,
        found: got,
        write:
          "write sampling: Sampling.ratio(0.1), or both variables, such as 'parentbased_traceidratio' and '0.1'",
      };
    }
  },
} as const satisfies PolicyRule;

function sampledBy(variables: readonly { readonly name: string; readonly value: string }[]) {
  const env = [{ name: 'OTEL_TRACES_EXPORTER', value: 'gcp_trace' }, ...variables];
  return { resource: { google_cloud_run_v2_service: { api: { template: { containers: [{ env }] } } } } };
}
