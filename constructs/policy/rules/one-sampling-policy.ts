import { callsBetween, variableOf } from '../cloud-run-services';
import type { PolicyRule } from '../policy-rule';

/** What decides whether a trace is kept. */
const VARIABLES = [
  'OTEL_TRACES_SAMPLER',
  'OTEL_TRACES_SAMPLER_ARG',
  'TRACED_KEEP_ERRORS',
  'TRACED_KEEP_SLOWER_THAN_MS',
];

export const oneSamplingPolicy = {
  id: 'one-sampling-policy',
  title: 'services that call each other decide alike which traces they keep',
  why: 'a trace that one service keeps and the next drops has a hole where the time went',
  sources: ['OpenTelemetry specification, "Sampling"'],
  level: 'warning',
  pass: calling('0.1', '0.1'),
  fail: calling('0.1', '0.5'),
  *check(stack) {
    for (const { caller, callee } of callsBetween(stack)) {
      if (!caller.traced || !callee.traced) continue;
      const different = VARIABLES.map((name) => ({
        name,
        ours: variableOf(callee, name, stack) ?? 'left out',
        theirs: variableOf(caller, name, stack) ?? 'left out',
      })).filter(({ ours, theirs }) => ours !== theirs);
      if (different.length === 0) continue;
      const list = different.map(({ name, ours, theirs }) => `${name} is ${ours}, there ${theirs}`);
      yield {
        resource: callee.resource,
        found: `${caller.resource.address} calls it and samples otherwise: ${list.join('; ')}`,
        write: 'give both the same Sampling',
      };
    }
  },
} as const satisfies PolicyRule;

function calling(caller: string, callee: string) {
  const url = { name: 'PROCESSOR_URL', value: '${google_cloud_run_v2_service.processor.uri}' };
  return {
    resource: {
      google_cloud_run_v2_service: {
        gateway: { template: { containers: [{ env: [...sampledBy(caller), url] }] } },
        processor: { template: { containers: [{ env: sampledBy(callee) }] } },
      },
    },
  };
}

function sampledBy(ratio: string) {
  return [
    { name: 'OTEL_TRACES_SAMPLER', value: 'parentbased_traceidratio' },
    { name: 'OTEL_TRACES_SAMPLER_ARG', value: ratio },
  ];
}
