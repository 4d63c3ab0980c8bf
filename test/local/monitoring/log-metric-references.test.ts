import { missingLogMetrics } from '../../../local/monitoring/log-metric-references';

const promQl = (query: string, disableMetricValidation?: boolean) => ({
  displayName: 'slow',
  conditionPrometheusQueryLanguage: {
    query,
    ...(disableMetricValidation !== undefined && { disableMetricValidation }),
  },
});

const threshold = (filter: string, denominatorFilter?: string) => ({
  displayName: 'slow',
  conditionThreshold: {
    filter,
    comparison: 'COMPARISON_GT',
    duration: '0s',
    ...(denominatorFilter !== undefined && { denominatorFilter }),
  },
});

describe('missingLogMetrics', () => {
  test('names the log-based metrics of filters that do not exist', () => {
    const condition = threshold(
      'metric.type="logging.googleapis.com/user/errors" AND resource.type="cloud_run_revision"',
      'metric.type = "logging.googleapis.com/user/nginx/requests"',
    );

    expect(missingLogMetrics(condition, [])).toEqual(['errors', 'nginx/requests']);
    expect(missingLogMetrics(condition, ['errors'])).toEqual(['nginx/requests']);
    expect(missingLogMetrics(condition, ['errors', 'nginx/requests'])).toEqual([]);
  });

  test("knows Google's own metrics exist", () => {
    const condition = threshold('metric.type="run.googleapis.com/request_count" AND resource.type="x"');

    expect(missingLogMetrics(condition, [])).toEqual([]);
  });

  test.each([
    ['histogram_quantile(0.95, rate(logging_googleapis_com:user_gateway_latency_bucket{a="b"}[5m])) > 2'],
    ['rate(logging_googleapis_com:user_gateway_latency_count[5m]) > 2'],
    ['rate(logging_googleapis_com:user_gateway_latency[5m]) > 2'],
    ['rate({"logging.googleapis.com/user/gateway-latency"}[5m]) > 2'],
    ["rate({__name__='logging.googleapis.com/user/gateway-latency'}[5m]) > 2"],
  ])('finds the metric that PromQL means: %s', (query) => {
    expect(missingLogMetrics(promQl(query), ['gateway-latency'])).toEqual([]);
    expect(missingLogMetrics(promQl(query), ['other'])).toHaveLength(1);
  });

  test('lets pass what asks for no validation', () => {
    const query = 'rate(logging_googleapis_com:user_latency_bucket[5m]) > 2';

    expect(missingLogMetrics(promQl(query, true), [])).toEqual([]);
    expect(missingLogMetrics(promQl(query, false), [])).toEqual(['latency_bucket']);
  });
});
