import { MonitoringNotificationChannel } from '@cdktf/provider-google/lib/monitoring-notification-channel';
import {
  type LatencyAlertOptions,
  LivenessProbe,
  ServiceCode,
  StartupProbe,
  TracedCloudRunService,
  type TracedCloudRunServiceProps,
} from '../../constructs';
import { parseLogFilter } from '../../local/logging/log-filter';
import { addresses, resource, synth, testStack, waitsFor } from '../helpers/synth';
import { tracesShownBy } from '../helpers/trace-link';
import { log } from '../local/trace/pipeline-trace';

const METRIC = 'google_logging_metric';
const POLICY = 'google_monitoring_alert_policy';

function withService(props: Partial<TracedCloudRunServiceProps> = {}) {
  const stack = testStack();
  const channel = new MonitoringNotificationChannel(stack, 'on-call', { type: 'email' });
  const service = new TracedCloudRunService(stack, 'gateway', {
    code: ServiceCode.fromImage('image'),
    ...props,
  });
  return { stack, service, channel };
}

function synthAlert(options: Partial<LatencyAlertOptions> = {}) {
  const { stack, service, channel } = withService();
  service.addLatencyAlert({ p95Ms: 1500, notify: [channel], ...options });
  return synth(stack);
}

describe('a latency alert', () => {
  test('measures the requests of its service, without health checks, in seconds', () => {
    const metric = resource(synthAlert(), METRIC);
    expect(metric).toMatchObject({
      filter:
        'resource.type="cloud_run_revision"' +
        ' AND resource.labels.service_name="${google_cloud_run_v2_service.gateway.name}"' +
        ' AND resource.labels.location="europe-west1"' +
        ' AND log_id("run.googleapis.com/requests")' +
        ' AND httpRequest.latency:*' +
        ' AND NOT httpRequest.requestUrl=~"^https?://[^/]+/health$"',
      value_extractor: 'REGEXP_EXTRACT(httpRequest.latency, "([0-9.]+)s")',
      metric_descriptor: {
        metric_kind: 'DELTA',
        value_type: 'DISTRIBUTION',
        unit: 's',
        labels: [{ key: 'status', value_type: 'STRING', description: 'HTTP status code' }],
      },
      label_extractors: { status: 'EXTRACT(httpRequest.status)' },
      bucket_options: { exponential_buckets: { num_finite_buckets: 80, growth_factor: 1.155, scale: 0.001 } },
    });
    expect(metric['name']).toMatch(/^request_latency_gateway_production_[a-z]{8}$/);
  });

  test.each<[string, string, boolean]>([
    ['its startup probe', '/ready.txt', false],
    ['its liveness probe', '/live', false],
    ['users, below a path that ends like a probe', '/orders/live', true],
    ['users, where a dot stands for itself', '/ready-txt', true],
    ['users, where no probe asks', '/health', true],
  ])('counts requests by their path: %s', (_, path, counts) => {
    // GIVEN
    const { stack, service, channel } = withService({
      name: 'gateway',
      startupProbe: StartupProbe.http('/ready.txt'),
      livenessProbe: LivenessProbe.http('/live'),
    });
    service.addLatencyAlert({ p95Ms: 1500, notify: [channel] });
    const filter = String(resource(synth(stack), METRIC)['filter']).replace(/\$\{.*?\}/, 'gateway');

    // WHEN
    const request = log('gateway', 'a1', 0, '', {
      log: 'requests',
      location: 'europe-west1',
      httpRequest: { requestUrl: `https://gateway-x7-ew.a.run.app${path}`, latency: '0.2s' },
    });

    // THEN
    expect(parseLogFilter(filter)(request)).toBe(counts);
  });

  test('compares the 95th percentile of that metric in seconds, and does not ask for the metric to exist yet', () => {
    const synthesized = synthAlert();
    const { name } = resource(synthesized, METRIC);
    expect(resource(synthesized, POLICY)).toMatchObject({
      display_name: '${google_cloud_run_v2_service.gateway.name}: p95 latency above 1500 ms',
      combiner: 'OR',
      conditions: [
        {
          display_name: 'p95 latency above 1500 ms over 5 min',
          condition_prometheus_query_language: {
            query:
              'histogram_quantile(0.95, sum by (le) (rate(' +
              `logging_googleapis_com:user_${String(name)}_bucket{monitored_resource="cloud_run_revision"}[5m]))) > 1.5`,
            duration: '60s',
            evaluation_interval: '60s',
            disable_metric_validation: true,
          },
        },
      ],
      notification_channels: ['${google_monitoring_notification_channel.on-call.id}'],
    });
  });

  test('has a second condition on the 99th percentile where it is told one', () => {
    const synthesized = synthAlert({ p99Ms: 4000, windowMin: 10 });
    const { name } = resource(synthesized, METRIC);
    const series = `logging_googleapis_com:user_${String(name)}_bucket{monitored_resource="cloud_run_revision"}`;
    const quantile = (share: number): string =>
      `histogram_quantile(${share}, sum by (le) (rate(${series}[10m])))`;
    expect(resource(synthesized, POLICY)).toMatchObject({
      display_name:
        '${google_cloud_run_v2_service.gateway.name}: p95 latency above 1500 ms or p99 latency above 4000 ms',
      conditions: [
        { condition_prometheus_query_language: { query: `${quantile(0.95)} > 1.5` } },
        {
          display_name: 'p99 latency above 4000 ms over 10 min',
          condition_prometheus_query_language: { query: `${quantile(0.99)} > 4` },
        },
      ],
    });
  });

  test('takes the percentile over the window it is told', () => {
    expect(JSON.stringify(resource(synthAlert({ windowMin: 10 }), POLICY)['conditions'])).toContain('[10m]');
  });

  test('tells who is paged where the slow requests and their traces are', () => {
    const documentation = resource(synthAlert(), POLICY)['documentation'];
    expect(documentation).toEqual({ mime_type: 'text/markdown', content: expect.any(String) });
    const { content }: { readonly content: string } = JSON.parse(JSON.stringify(documentation));
    const links = [...content.matchAll(/\]\(([^)]*)\)/g)].map(([, link]) => link ?? '');
    expect(links.map((link) => decodeURIComponent(link))).toEqual([
      'https://console.cloud.google.com/logs/query;query=resource.type="cloud_run_revision"\n' +
        'resource.labels.service_name="${google_cloud_run_v2_service.gateway.name}"\n' +
        'resource.labels.location="europe-west1"\n' +
        'log_id("run.googleapis.com/requests")\n' +
        'httpRequest.latency>"1.5s"?project=my-project',
      expect.stringMatching(
        /^https:\/\/console\.cloud\.google\.com\/traces\/explorer;query=.*\?project=my-project$/,
      ),
    ]);
    expect(links.at(-1)).not.toMatch(/[{}"[\]()]/);
    expect(tracesShownBy(links.at(-1))).toMatchObject({
      resourceContainer: 'projects/my-project',
      spanFilters: { services: ['gateway'] },
    });
    expect(content).toContain('service name `gateway`');
  });

  test('is made after its metric and its APIs', () => {
    const synthesized = synthAlert();
    const [policy = ''] = addresses(synthesized, POLICY);
    const [metric = ''] = addresses(synthesized, METRIC);
    expect(waitsFor(synthesized, policy)).toContain(metric);
    expect(waitsFor(synthesized, policy)).toContain('google_project_service.api-monitoring');
    expect(waitsFor(synthesized, metric)).toContain('google_project_service.api-logging');
  });

  test('is refused a second time on one service', () => {
    const { service, channel } = withService();
    service.addLatencyAlert({ p95Ms: 1500, notify: [channel] });
    expect(() => service.addLatencyAlert({ p95Ms: 1000, notify: [channel] })).toThrow(
      'TCR016 at shop/gateway: addLatencyAlert() was called already; keep one call with everything it needs',
    );
  });

  test('is refused with a p99 below the p95, and when it tells nobody', () => {
    expect(() => synthAlert({ p99Ms: 1000 })).toThrow(
      "TCR053 at shop/gateway/latency-alert: 'p99Ms' must not be below 'p95Ms', got 1000 and 1500",
    );
    expect(() => synthAlert({ notify: [] })).toThrow(
      "TCR052 at shop/gateway/latency-alert: 'notify' is empty, so nobody would be told; " +
        "write notify: [NotificationChannel.email(this, 'on-call', 'on-call@example.com')]",
    );
  });

  test.each([
    [{ p95Ms: 0 }, "'p95Ms' must be a number within 1..101000, got 0"],
    [{ p95Ms: 200_000 }, "'p95Ms' must be a number within 1..101000, got 200000"],
    [{ windowMin: 0.5 }, "'windowMin' must be a whole number within 1..1440, got 0.5"],
  ])('is refused with %j', (options, message) => {
    expect(() => synthAlert(options)).toThrow(`TCR004 at shop/gateway/latency-alert: ${message}`);
  });
});
