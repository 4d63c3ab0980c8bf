import type { Alert } from '../../../local/monitoring/alert';
import { renderAlerts, renderFired, renderPolicies } from '../../../local/monitoring/alert-text';

const ALERT: Alert = {
  policy: 'projects/local-test/alertPolicies/1',
  title: 'gateway: p95 latency above 2000 ms',
  condition: 'p95 latency above 2000 ms over 5 min',
  service: 'gateway-local',
  state: 'firing',
  since: '2026-03-01T09:31:05.000Z',
  value: 2.415_62,
  threshold: 2,
  unit: 's',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  documentation: 'Too slow.\n\n1. [Look](https://example.com): here.\u001B[2J',
};

test('an alert that fires is one line with its value and its trace', () => {
  expect(renderFired(ALERT)).toBe(
    'gateway: p95 latency above 2000 ms: 2.416 s, threshold 2 s, trace 4bf92f3577b34da6a3ce929d0e0e4736',
  );
});

test('the list tells when, what, how much, where to look and what to do, without control characters', () => {
  const { service: _service, traceId: _trace, ...rest } = ALERT;
  const ended: Alert = {
    ...rest,
    state: 'ended',
    until: '2026-03-01T09:40:00.000Z',
    unit: '1',
    value: 0.1,
    threshold: 0.05,
    documentation: '',
  };
  expect(renderAlerts([ALERT, ended], { colour: false }).split('\n')).toEqual([
    'firing gateway: p95 latency above 2000 ms',
    '       since 09:31:05 UTC',
    '       p95 latency above 2000 ms over 5 min: 2.416 s, threshold 2 s',
    '       service gateway-local',
    '       trace 4bf92f3577b34da6a3ce929d0e0e4736',
    '       Too slow.',
    '       1. [Look](https://example.com): here. [2J',
    '',
    'ended  gateway: p95 latency above 2000 ms',
    '       since 09:31:05 UTC until 09:40:00 UTC',
    '       p95 latency above 2000 ms over 5 min: 0.1, threshold 0.05',
  ]);
});

test('a policy shows each condition with when it is met, or why it is not evaluated', () => {
  const policy = { policy: 'p', title: 'failed requests', enabled: true, firing: false };
  const conditions = [
    { title: '5xx', state: 'pending', metAt: '2026-03-01T09:31:05.000Z' },
    { title: '504', state: 'ok' },
    { title: 'down', state: 'not evaluated', why: 'nobody asks' },
  ] as const;
  const disabled = { ...policy, title: 'off', enabled: false, conditions: [] };
  expect(renderPolicies([{ ...policy, conditions }, disabled], { colour: false }).split('\n')).toEqual([
    'failed requests',
    '  pending       5xx: met at 09:31:05 UTC if it stays so',
    '  ok            504',
    '  not evaluated down: nobody asks',
    'off (disabled)',
  ]);
});
