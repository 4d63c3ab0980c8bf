import { LivenessProbe, ServiceCode, StartupProbe, TracedCloudRunService } from '../../constructs';
import { cloudRunService, synth, testStack } from '../helpers/synth';

const code = ServiceCode.fromImage('image');

function containerWith(props: { startupProbe?: StartupProbe; livenessProbe?: LivenessProbe }) {
  const stack = testStack();
  new TracedCloudRunService(stack, 'gateway', { code, ...props });
  return cloudRunService(synth(stack)).container;
}

describe('a startup probe', () => {
  const times = { initial_delay_seconds: 0, period_seconds: 1, timeout_seconds: 1, failure_threshold: 60 };
  test.each([
    ['http', StartupProbe.http('/ready'), { http_get: { path: '/ready' }, ...times }],
    ['tcp', StartupProbe.tcp(), { tcp_socket: {}, ...times }],
    ['grpc', StartupProbe.grpc({ service: 'shop' }), { grpc: { service: 'shop' }, ...times }],
    [
      'http with options',
      StartupProbe.http('/', {
        port: 9000,
        initialDelaySec: 5,
        periodSec: 20,
        timeoutSec: 10,
        failureThreshold: 12,
      }),
      {
        http_get: { path: '/', port: 9000 },
        initial_delay_seconds: 5,
        period_seconds: 20,
        timeout_seconds: 10,
        failure_threshold: 12,
      },
    ],
  ])('%s is written out in full', (_, startupProbe, expected) => {
    expect(containerWith({ startupProbe }).startup_probe).toEqual(expected);
  });
});

describe('a liveness probe', () => {
  const times = { initial_delay_seconds: 0, period_seconds: 10, timeout_seconds: 5, failure_threshold: 3 };
  test.each([
    ['http', LivenessProbe.http('/alive'), { http_get: { path: '/alive' }, ...times }],
    ['grpc', LivenessProbe.grpc(), { grpc: {}, ...times }],
    [
      'with a period below the usual timeout',
      LivenessProbe.http('/', { periodSec: 2 }),
      { http_get: { path: '/' }, ...times, period_seconds: 2, timeout_seconds: 2 },
    ],
    ['none', LivenessProbe.none(), undefined],
  ])('%s is written out in full', (_, livenessProbe, expected) => {
    expect(containerWith({ livenessProbe }).liveness_probe).toEqual(expected);
  });
});

describe('a probe is refused', () => {
  test.each([
    [
      { startupProbe: StartupProbe.http('/', { periodSec: 10, failureThreshold: 25 }) },
      "TCR025 at shop/gateway: 'startupProbe' may take 240 s in all, got 250 s: a periodSec of 10 and a " +
        'failureThreshold of 25; lower one of them',
    ],
    [
      { livenessProbe: LivenessProbe.http('/', { timeoutSec: 11 }) },
      "TCR025 at shop/gateway: 'livenessProbe.timeoutSec' must not be above its periodSec of 10, got 11; an attempt " +
        'must end before the next one starts',
    ],
    [
      { startupProbe: StartupProbe.http('health') },
      "TCR025 at shop/gateway: 'startupProbe' must ask for a path that starts with '/', got 'health'",
    ],
    [
      { startupProbe: StartupProbe.tcp({ periodSec: 241 }) },
      "TCR004 at shop/gateway: 'startupProbe.periodSec' must be a whole number within 1..240, got 241",
    ],
    [
      { livenessProbe: LivenessProbe.grpc({ port: 0 }) },
      "TCR004 at shop/gateway: 'livenessProbe.port' must be a whole number within 1..65535, got 0",
    ],
  ])('%j', (props, message) => {
    expect(() => containerWith(props)).toThrow(message);
  });
});
