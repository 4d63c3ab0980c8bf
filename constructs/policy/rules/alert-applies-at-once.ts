import { blocks, texts } from '../attributes';
import type { PolicyRule } from '../policy-rule';
import type { SynthesizedResource, SynthesizedStack } from '../synthesized-stack';

const PROMETHEUS = 'condition_prometheus_query_language';

export const alertAppliesAtOnce = {
  id: 'alert-applies-at-once',
  title: 'an alert on a log-based metric of the same stack can be applied with it',
  why: 'Monitoring answers 404 for a metric until the log has written to it, and the first deploy fails, whatever depends on what',
  sources: ['hashicorp/terraform-provider-google#11102'],
  level: 'error',
  pass: alertWith({
    condition_prometheus_query_language: {
      query: 'rate(logging_googleapis_com:user_slow_requests[5m]) > 1',
      disable_metric_validation: true,
    },
  }),
  fail: alertWith({
    condition_threshold: { filter: 'metric.type="logging.googleapis.com/user/slow_requests"' },
  }),
  *check(stack) {
    const metrics = stack.ofType('google_logging_metric');
    for (const resource of stack.ofType('google_monitoring_alert_policy')) {
      for (const condition of blocks(resource.attributes, 'conditions')) {
        const metric = metrics.find((one) => mentions(condition, one, stack));
        const isValidated = blocks(condition, PROMETHEUS).every((query) =>
          stack.isNot(query['disable_metric_validation'], true),
        );
        if (!metric || !isValidated) continue;
        yield {
          resource,
          found: `it asks for ${metric.address} before that exists for Monitoring`,
          write: 'write the condition as conditionPrometheusQueryLanguage with disableMetricValidation: true',
        };
      }
    }
  },
} as const satisfies PolicyRule;

/** Whether a condition names a metric, by reference, by its name or by its name in PromQL. */
function mentions(condition: unknown, metric: SynthesizedResource, stack: SynthesizedStack): boolean {
  const name = stack.text(metric.attributes['name']);
  const isNamed = (text: string): boolean =>
    name !== undefined &&
    (text.includes(`logging.googleapis.com/user/${name}"`) ||
      text.includes(`logging_googleapis_com:user_${name.replaceAll(/\W/g, '_')}`));
  return stack.referenced(condition).includes(metric) || texts(condition).some(isNamed);
}

function alertWith(condition: Readonly<Record<string, unknown>>) {
  return {
    resource: {
      google_logging_metric: { slow: { name: 'slow_requests' } },
      google_monitoring_alert_policy: { slow: { conditions: [condition] } },
    },
  };
}
