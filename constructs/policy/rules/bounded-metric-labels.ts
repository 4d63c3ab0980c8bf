import { block } from '../attributes';
import type { PolicyRule } from '../policy-rule';

/** Fields of a request log that differ from request to request. */
const UNBOUNDED =
  /^EXTRACT\((?:httpRequest\.(?:requestUrl|userAgent|remoteIp|referer|latency)|trace|spanId|insertId|timestamp)\)$/;

export const boundedMetricLabels = {
  id: 'bounded-metric-labels',
  title: 'labels of a log-based metric have few values',
  why: 'every value of a label is a time series that is paid for, here one for every address or request',
  sources: ['Cloud Logging, "Log-based metric labels"'],
  level: 'error',
  pass: labelledBy('EXTRACT(httpRequest.status)'),
  fail: labelledBy('EXTRACT(httpRequest.requestUrl)'),
  *check(stack) {
    for (const resource of stack.ofType('google_logging_metric')) {
      for (const [label, value] of Object.entries(block(resource.attributes, 'label_extractors') ?? {})) {
        if (!UNBOUNDED.test(stack.text(value)?.replaceAll(/\s/g, '') ?? '')) continue;
        yield {
          resource,
          found: `the label '${label}' is ${stack.text(value)}, which differs from request to request`,
          write: 'take the label out, or extract the route by REGEXP_EXTRACT',
        };
      }
    }
  },
} as const satisfies PolicyRule;

function labelledBy(label: string) {
  return {
    resource: { google_logging_metric: { latency: { name: 'latency', label_extractors: { label } } } },
  };
}
