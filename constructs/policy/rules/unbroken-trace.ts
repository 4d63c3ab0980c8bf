import { callsBetween } from '../cloud-run-services';
import type { PolicyRule } from '../policy-rule';

export const unbrokenTrace = {
  id: 'unbroken-trace',
  title: 'a service that calls a traced service, or is called by one, is traced too',
  why: 'one service that does not pass the context on breaks the trace in two, and its own time is dark',
  sources: ['W3C Trace Context, "Processing model"'],
  level: 'error',
  pass: calledBy([{ name: 'OTEL_TRACES_EXPORTER', value: 'gcp_trace' }]),
  fail: calledBy([]),
  *check(stack) {
    const reported = new Set<string>();
    for (const { caller, callee } of callsBetween(stack)) {
      if (caller.traced === undefined || callee.traced === undefined) continue;
      if (caller.traced === callee.traced) continue;
      const { resource, turnedOffBy } = caller.traced ? callee : caller;
      if (reported.has(resource.address)) continue;
      reported.add(resource.address);
      yield {
        resource,
        found: caller.traced
          ? `${caller.resource.address}, which is traced, calls it, and it has no telemetry`
          : `it calls ${callee.resource.address}, which is traced, and has no telemetry`,
        write: turnedOffBy
          ? `take ${turnedOffBy} out of its environment, which turns its telemetry off`
          : 'make it a TracedCloudRunService, or set up OpenTelemetry in it and write its OTEL_ variables',
      };
    }
  },
} as const satisfies PolicyRule;

function calledBy(env: readonly { readonly name: string; readonly value: string }[]) {
  return {
    resource: {
      google_cloud_run_v2_service: {
        gateway: {
          template: {
            containers: [
              {
                env: [
                  { name: 'OTEL_TRACES_EXPORTER', value: 'gcp_trace' },
                  { name: 'PROCESSOR_URL', value: '${google_cloud_run_v2_service.processor.uri}' },
                ],
              },
            ],
          },
        },
        processor: { template: { containers: [{ env }] } },
      },
    },
  };
}
