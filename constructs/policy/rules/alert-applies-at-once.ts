import { blocks, texts } from '../attributes';
import type { PolicyRule } from '../policy-rule';
import type { SynthesizedResource, SynthesizedStack } from '../synthesized-stack';

const METRIC = 'google_logging_metric';
const PROMETHEUS = 'condition_prometheus_query_language';
/** A log-based metric as filters name it, and as PromQL does, where everything but letters and digits is a `_`. */
const NAMED = /logging\.googleapis\.com\/user\/([^"]+)"|logging_googleapis_com:user_(\w+)/g;
/** Series of a distribution in PromQL. */
const SERIES = /_(?:bucket|count|sum)$/;

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
    const metrics = metricsByName(stack);
    for (const resource of stack.ofType('google_monitoring_alert_policy')) {
      for (const condition of blocks(resource.attributes, 'conditions')) {
        const metric = metricOf(condition, metrics, stack);
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

/** The log-based metrics of a stack, by their names and by those that PromQL has for them. */
function metricsByName(stack: SynthesizedStack): ReadonlyMap<string, SynthesizedResource> {
  const named = stack.ofType(METRIC).flatMap((metric) => {
    const name = stack.text(metric.attributes['name']);
    return name === undefined
      ? []
      : [[name, metric] as const, [name.replaceAll(/\W/g, '_'), metric] as const];
  });
  return new Map(named);
}

/** The metric of the stack that a condition names, by reference, by its name or by its name in PromQL. */
function metricOf(
  condition: unknown,
  metrics: ReadonlyMap<string, SynthesizedResource>,
  stack: SynthesizedStack,
): SynthesizedResource | undefined {
  const names = texts(condition)
    .flatMap((text) => [...text.matchAll(NAMED)].map(([, inFilter, inPromQl]) => inFilter ?? inPromQl ?? ''))
    .flatMap((name) => [name, name.replace(SERIES, '')]);
  return (
    stack.referenced(condition).find(({ type }) => type === METRIC) ??
    names.map((name) => metrics.get(name)).find((metric) => metric !== undefined)
  );
}

function alertWith(condition: Readonly<Record<string, unknown>>) {
  return {
    resource: {
      google_logging_metric: { slow: { name: 'slow_requests' } },
      google_monitoring_alert_policy: { slow: { conditions: [condition] } },
    },
  };
}
