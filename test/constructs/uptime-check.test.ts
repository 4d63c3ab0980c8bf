import { TerraformVariable } from 'cdktf';
import {
  Access,
  LivenessProbe,
  NotificationChannel,
  ServiceCode,
  StartupProbe,
  TracedCloudRunService,
  type TracedCloudRunServiceProps,
  type UptimeCheckOptions,
} from '../../constructs';
import { addresses, resource, synth, testStack } from '../helpers/synth';

const CHECK = 'google_monitoring_uptime_check_config';

function withService(
  access: Access,
  probes: Pick<TracedCloudRunServiceProps, 'startupProbe' | 'livenessProbe'> = {},
) {
  const stack = testStack();
  const notify = [NotificationChannel.email(stack, 'on-call', 'on-call@example.com')];
  const code = ServiceCode.fromImage('image');
  return { stack, notify, gateway: new TracedCloudRunService(stack, 'gateway', { code, access, ...probes }) };
}

function synthCheck(options: Partial<UptimeCheckOptions> = {}) {
  const { stack, notify, gateway } = withService(Access.public({ reason: 'a shop' }));
  gateway.addUptimeCheck({ notify, ...options });
  return synth(stack);
}

describe('an uptime check', () => {
  test("asks the service's health by its URL", () => {
    expect(resource(synthCheck(), CHECK)).toMatchObject({
      monitored_resource: {
        type: 'uptime_url',
        labels: {
          project_id: 'my-project',
          host: '${element(split("//", google_cloud_run_v2_service.gateway.uri), 1)}',
        },
      },
      http_check: { path: '/health', port: 443, use_ssl: true, validate_ssl: true },
      period: '300s',
      timeout: '10s',
      depends_on: ['google_project_service.api-monitoring'],
    });
  });

  test.each([
    ['its liveness probe', { livenessProbe: LivenessProbe.http('/live') }, '/live'],
    [
      'its startup probe where the other asks for none',
      { startupProbe: StartupProbe.http('/ready'), livenessProbe: LivenessProbe.none() },
      '/ready',
    ],
    [
      'a probe of the port that the service is called on',
      {
        startupProbe: StartupProbe.http('/ready'),
        livenessProbe: LivenessProbe.http('/live', { port: 9000 }),
      },
      '/ready',
    ],
    [
      'a probe of the same port by number',
      { livenessProbe: LivenessProbe.http('/live', { port: 8080 }) },
      '/live',
    ],
    [
      'no probe where none asks by HTTP',
      { startupProbe: StartupProbe.tcp(), livenessProbe: LivenessProbe.grpc() },
      '/health',
    ],
  ])('asks for the path of %s', (_, probes, path) => {
    const { stack, notify, gateway } = withService(Access.public({ reason: 'a shop' }), probes);
    gateway.addUptimeCheck({ notify });
    const synthesized = synth(stack);
    expect(resource(synthesized, CHECK)).toMatchObject({ http_check: { path } });
    expect(resource(synthesized, 'google_monitoring_alert_policy')).toMatchObject({
      documentation: { content: expect.stringContaining(`got no answer to \`${path}\` from`) },
    });
  });

  test('alerts when two locations got no answer', () => {
    const synthesized = synthCheck({ periodMin: 1 });
    const [check = ''] = addresses(synthesized, CHECK);
    expect(resource(synthesized, CHECK)).toMatchObject({ period: '60s' });
    expect(resource(synthesized, 'google_monitoring_alert_policy')).toMatchObject({
      conditions: [
        {
          condition_threshold: {
            filter:
              'metric.type="monitoring.googleapis.com/uptime_check/check_passed" AND resource.type="uptime_url" AND ' +
              `metric.labels.check_id="\${${check}.uptime_check_id}"`,
            aggregations: [
              {
                alignment_period: '1200s',
                per_series_aligner: 'ALIGN_NEXT_OLDER',
                cross_series_reducer: 'REDUCE_COUNT_FALSE',
                group_by_fields: ['resource.label.host'],
              },
            ],
            comparison: 'COMPARISON_GT',
            threshold_value: 1,
            duration: '60s',
          },
        },
      ],
      notification_channels: ['${google_monitoring_notification_channel.on-call.id}'],
    });
  });

  test('takes its alert along when it is replaced, and makes nothing else be created before it is destroyed', () => {
    const synthesized = synthCheck();
    expect(resource(synthesized, 'google_monitoring_alert_policy')['lifecycle']).toEqual({
      replace_triggered_by: addresses(synthesized, CHECK),
    });
    expect(synthesized.json).not.toContain('create_before_destroy');
  });

  test.each([Access.authenticated(), Access.internal(), Access.loadBalancer()])(
    'is refused for a service that is not public: %j',
    (access) => {
      const { gateway, notify } = withService(access);
      expect(() => gateway.addUptimeCheck({ notify })).toThrow(
        "TCR057 at shop/gateway/uptime-check: 'gateway' is not public, and the requests of an uptime check come from the " +
          'internet without a token, so it would always be down; check the public service in front of it, or watch it ' +
          'with addErrorAlert()',
      );
    },
  );

  test('is refused for a service that is open through its load balancer only', () => {
    const { gateway, notify } = withService(Access.loadBalancer({ reason: 'a shop' }));
    expect(() => gateway.addUptimeCheck({ notify })).toThrow(
      "TCR057 at shop/gateway/uptime-check: 'gateway' takes requests from the internet through a load balancer only, and " +
        'an uptime check asks its run.app URL, so it would always be down; write a google_monitoring_uptime_check_config ' +
        "for the load balancer's host, or watch the service with addErrorAlert()",
    );
  });

  test('is refused a period that is not known at synth', () => {
    const { stack, gateway, notify } = withService(Access.public({ reason: 'a shop' }));
    const periodMin = new TerraformVariable(stack, 'period', { type: 'number' }).numberValue;
    expect(() => gateway.addUptimeCheck({ notify, periodMin })).toThrow(
      "TCR004 at shop/gateway/uptime-check: 'periodMin' must be one of 1, 5, 10, 15 that is known at synth, got a token",
    );
  });

  test('is refused another period, nobody to tell, and a second one', () => {
    expect(() => synthCheck({ periodMin: 2 })).toThrow(
      "TCR004 at shop/gateway/uptime-check: 'periodMin' must be one of 1, 5, 10, 15, got 2",
    );
    expect(() => synthCheck({ notify: [] })).toThrow('TCR052 at shop/gateway/uptime-check');
    const { gateway, notify } = withService(Access.public({ reason: 'a shop' }));
    gateway.addUptimeCheck({ notify });
    expect(() => gateway.addUptimeCheck({ notify })).toThrow('TCR016 at shop/gateway: addUptimeCheck()');
  });
});
