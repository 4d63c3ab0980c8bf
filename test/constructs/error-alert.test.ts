import {
  type ErrorAlertOptions,
  NotificationChannel,
  ServiceCode,
  TracedCloudRunService,
} from '../../constructs';
import { resource, synth, testStack, waitsFor } from '../helpers/synth';

const POLICY = 'google_monitoring_alert_policy';
const FAILED = 'gateway_error-alert_';
const NO_INSTANCE = 'no-instance';

function withService() {
  const stack = testStack();
  const notify = [NotificationChannel.email(stack, 'on-call', 'on-call@example.com')];
  const gateway = new TracedCloudRunService(stack, 'gateway', { code: ServiceCode.fromImage('image') });
  return { stack, gateway, notify };
}

function synthAlert(options: Partial<ErrorAlertOptions> = {}) {
  const { stack, gateway, notify } = withService();
  gateway.addErrorAlert({ notify, ...options });
  const synthesized = synth(stack);
  const [failed = ''] = Object.keys(synthesized.resources).filter(
    (address) => address.includes(FAILED) && !address.includes(NO_INSTANCE),
  );
  return { synthesized, failed: synthesized.resources[failed] ?? {}, address: failed };
}

/** The links of what Monitoring shows with a notification, decoded. */
function linksOf(policy: Readonly<Record<string, unknown>>): string {
  const { content }: { content: string } = JSON.parse(JSON.stringify(policy['documentation']));
  return [...content.matchAll(/\]\(([^)]*)\)/g)]
    .map(([, link = '']) => decodeURIComponent(link))
    .join('\n\n');
}

describe('an error alert', () => {
  test('compares 5xx and 504 with all requests of each service, and asks for some traffic', () => {
    const all =
      'monitored_resource="cloud_run_revision",service_name=~"${google_cloud_run_v2_service.gateway.name}",' +
      'location=~"europe-west1"';
    const query = (failures: string, ratio: number): string =>
      `(sum by (service_name, location) (rate(run_googleapis_com:request_count{${all},${failures}}[10m])) / ` +
      `sum by (service_name, location) (rate(run_googleapis_com:request_count{${all}}[10m])) > ${ratio}) and ` +
      `(sum by (service_name, location) (increase(run_googleapis_com:request_count{${all}}[10m])) >= 50)`;
    const { failed } = synthAlert({ maxErrorRatio: 0.1, windowMin: 10, minRequests: 50 });
    expect(failed).toMatchObject({
      display_name: '${google_cloud_run_v2_service.gateway.name}: failed requests',
      combiner: 'OR',
      conditions: [
        {
          display_name: '5xx above 10 % over 10 min',
          condition_prometheus_query_language: {
            query: query('response_code_class="5xx"', 0.1),
            duration: '60s',
            evaluation_interval: '60s',
          },
        },
        {
          display_name: '504 above 1 % over 10 min',
          condition_prometheus_query_language: { query: query('response_code="504"', 0.01) },
        },
      ],
      notification_channels: ['${google_monitoring_notification_channel.on-call.id}'],
    });
  });

  test('reports a request that found no instance, at most every five minutes', () => {
    const { synthesized } = synthAlert();
    expect(resource(synthesized, POLICY, NO_INSTANCE)).toMatchObject({
      conditions: [
        {
          condition_matched_log: {
            filter:
              'resource.type="cloud_run_revision" AND log_id("run.googleapis.com/requests") AND ' +
              'textPayload:"The request was aborted because there was no available instance" AND ' +
              '((resource.labels.service_name="${google_cloud_run_v2_service.gateway.name}" AND ' +
              'resource.labels.location="europe-west1"))',
          },
        },
      ],
      alert_strategy: { notification_rate_limit: { period: '300s' }, auto_close: '1800s' },
    });
  });

  test('leads to the requests of the service that it is about, which Monitoring fills in', () => {
    const { synthesized, failed } = synthAlert();
    const links = linksOf(failed);
    expect(links).toContain(
      'resource.labels.service_name="$${metric_or_resource.label.service_name}"\n' +
        'resource.labels.location="$${metric_or_resource.label.location}"\n' +
        'log_id("run.googleapis.com/requests")\nhttpRequest.status>=500?project=my-project',
    );
    expect(links).toContain('httpRequest.status=504?project=my-project');
    expect(links).toContain('"services":["gateway"]');
    expect(linksOf(resource(synthesized, POLICY, NO_INSTANCE))).toContain(
      'resource.labels.service_name="$${resource.label.service_name}"',
    );
  });

  test('is made after the API it needs', () => {
    const { synthesized, address } = synthAlert();
    expect(waitsFor(synthesized, address)).toContain('google_project_service.api-monitoring');
  });

  test.each([
    [{ maxErrorRatio: 5 }, "'maxErrorRatio' must be a number within 0.0001..1, got 5"],
    [{ maxTimeoutRatio: 0 }, "'maxTimeoutRatio' must be a number within 0.0001..1, got 0"],
    [{ minRequests: 0 }, "'minRequests' must be a whole number within 1..1000000, got 0"],
    [{ windowMin: 0.5 }, "'windowMin' must be a whole number within 1..1440, got 0.5"],
  ])('is refused with %j', (options, message) => {
    expect(() => synthAlert(options)).toThrow(`TCR004 at shop/gateway/error-alert: ${message}`);
  });

  test('is refused when it tells nobody, and a second time on one service', () => {
    expect(() => synthAlert({ notify: [] })).toThrow('TCR052 at shop/gateway/error-alert');
    const { gateway, notify } = withService();
    gateway.addErrorAlert({ notify });
    expect(() => gateway.addErrorAlert({ notify })).toThrow(
      'TCR016 at shop/gateway: addErrorAlert() was called already; keep one call with everything it needs',
    );
  });
});
