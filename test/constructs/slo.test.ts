import {
  BurnRate,
  NotificationChannel,
  ServiceCode,
  type SloOptions,
  TracedCloudRunService,
} from '../../constructs';
import { addresses, resource, synth, testStack } from '../helpers/synth';

const SLO = 'google_monitoring_slo';
const POLICY = 'google_monitoring_alert_policy';

function synthSlo(options: Partial<SloOptions> = {}) {
  const stack = testStack();
  const notify = [NotificationChannel.email(stack, 'on-call', 'on-call@example.com')];
  const gateway = new TracedCloudRunService(stack, 'gateway', { code: ServiceCode.fromImage('image') });
  gateway.addSlo({ availabilityGoal: 0.999, notify, ...options });
  return synth(stack);
}

describe('the objectives of a service', () => {
  test("are measured on Cloud Run's own metrics of the service in its region", () => {
    expect(resource(synthSlo(), 'google_monitoring_service')).toMatchObject({
      service_id: '${google_cloud_run_v2_service.gateway.name}-europe-west1',
      basic_service: {
        service_type: 'CLOUD_RUN',
        service_labels: {
          service_name: '${google_cloud_run_v2_service.gateway.name}',
          location: 'europe-west1',
        },
      },
    });
  });

  test('are availability alone, or availability and latency', () => {
    expect(resource(synthSlo(), SLO)).toMatchObject({
      slo_id: 'availability',
      display_name: '99.9 % not answered 5xx over 28 days',
      goal: 0.999,
      rolling_period_days: 28,
      basic_sli: { availability: { enabled: true } },
    });
    const both = synthSlo({ latencyThresholdMs: 1500, latencyGoal: 0.99, periodDays: 30 });
    expect(resource(both, SLO, 'latency')).toMatchObject({
      slo_id: 'latency',
      display_name: '99 % answered within 1500 ms over 30 days',
      goal: 0.99,
      rolling_period_days: 30,
      basic_sli: { latency: { threshold: '1.5s' } },
    });
    expect(addresses(both, SLO)).toHaveLength(2);
    expect(addresses(both, POLICY)).toHaveLength(2);
  });

  test.each([
    [28, 13.44],
    [30, 14.4],
    [7, 3.36],
  ])(
    'over %d days alert when 2 %% of the budget goes in an hour, at a burn rate of %d',
    (periodDays, factor) => {
      const policy = resource(synthSlo({ periodDays }), POLICY);
      const name = addresses(synthSlo(), SLO)[0] ?? '';
      const condition = (lookBack: string) => ({
        condition_threshold: {
          filter: `select_slo_burn_rate("\${${name}.name}", "${lookBack}")`,
          comparison: 'COMPARISON_GT',
          threshold_value: factor,
          duration: '0s',
        },
      });
      expect(policy).toMatchObject({ combiner: 'AND', conditions: [condition('3600s'), condition('300s')] });
    },
  );

  test('alert on a slow burn where that is asked for', () => {
    const synthesized = synthSlo({ burnRates: [BurnRate.fast(), BurnRate.slow()] });
    expect(resource(synthesized, POLICY, 'slow-burn')).toMatchObject({
      conditions: [
        { display_name: 'burn rate above 5.6 over 360 min', condition_threshold: { threshold_value: 5.6 } },
        { display_name: 'burn rate above 5.6 over 30 min', condition_threshold: { threshold_value: 5.6 } },
      ],
    });
    expect(addresses(synthesized, POLICY)).toHaveLength(2);
  });

  test('lead to the requests that spend the budget', () => {
    const policy = JSON.stringify(resource(synthSlo({ latencyThresholdMs: 1500 }), POLICY, 'latency'));
    expect(policy).toContain(encodeURIComponent('httpRequest.latency>"1.5s"'));
    expect(policy).toContain('service name `gateway`; sort');
  });

  test('are refused a burn rate that a service which fails every request does not reach', () => {
    expect(() => synthSlo({ latencyThresholdMs: 1000, latencyGoal: 0.9 })).toThrow(
      "TCR056 at shop/gateway/slo: the fast burn rate over 28 days is 13.44, and with 'latencyGoal' 0.9 a service that " +
        'fails every request has 10, so its alert could never fire; raise the goal, shorten periodDays, or write ' +
        'burnRates: [BurnRate.slow()]',
    );
    expect(() =>
      synthSlo({ latencyThresholdMs: 1000, latencyGoal: 0.9, burnRates: [BurnRate.slow()] }),
    ).not.toThrow();
  });

  test('are refused a latency goal without a threshold, and a second time', () => {
    expect(() => synthSlo({ latencyGoal: 0.99 })).toThrow(
      "TCR055 at shop/gateway/slo: 'latencyGoal' is 0.99, and there is no 'latencyThresholdMs' that says what is in " +
        'time; write both',
    );
    const stack = testStack();
    const notify = [NotificationChannel.email(stack, 'on-call', 'on-call@example.com')];
    const gateway = new TracedCloudRunService(stack, 'gateway', { code: ServiceCode.fromImage('image') });
    gateway.addSlo({ availabilityGoal: 0.99, notify });
    expect(() => gateway.addSlo({ availabilityGoal: 0.999, notify })).toThrow(
      'TCR016 at shop/gateway: addSlo() was called already',
    );
  });

  test.each([
    [{ availabilityGoal: 1 }, "'availabilityGoal' must be a number within 0.5..0.9999, got 1"],
    [{ availabilityGoal: 99.5 }, "'availabilityGoal' must be a number within 0.5..0.9999, got 99.5"],
    [
      { latencyThresholdMs: 1, latencyGoal: 0.1 },
      "'latencyGoal' must be a number within 0.5..0.9999, got 0.1",
    ],
    [{ latencyThresholdMs: 0 }, "'latencyThresholdMs' must be a whole number within 1..3600000, got 0"],
    [{ periodDays: 31 }, "'periodDays' must be a whole number within 1..30, got 31"],
  ])('are refused with %j', (options, message) => {
    expect(() => synthSlo(options)).toThrow(`TCR004 at shop/gateway/slo: ${message}`);
  });
});
