import { failureRatioQuery } from '../../../constructs/cloud-run-queries';
import { LogMetrics } from '../../../local/logging/log-metrics';
import type { LogEntry } from '../../../local/logging/log-store';
import type { Alert } from '../../../local/monitoring/alert';
import { AlertEvaluator, EVALUATION_INTERVAL_MS } from '../../../local/monitoring/alert-evaluator';
import { type AlertPolicySettings, Monitoring } from '../../../local/monitoring/monitoring';
import { log } from '../trace/pipeline-trace';

const START_MS = Date.parse('2026-03-01T09:30:00Z');
const PROJECT = 'local-test';

type Condition = AlertPolicySettings['conditions'][number];

let nowMs: number;
let spans: number;
let fired: Alert[];
let monitoring: Monitoring;
let logMetrics: LogMetrics;
let alerts: AlertEvaluator;
beforeEach(() => {
  nowMs = START_MS;
  spans = 0;
  fired = [];
  monitoring = new Monitoring();
  logMetrics = new LogMetrics();
  alerts = new AlertEvaluator({
    monitoring,
    logMetrics,
    spansReceived: () => spans,
    now: () => nowMs,
    onFired: (alert) => fired.push(alert),
  });
});

/** Lets time pass as the timer of the local cloud would. */
function pass(seconds: number): void {
  for (let left = seconds * 1000; left > 0; left -= EVALUATION_INTERVAL_MS) {
    nowMs += EVALUATION_INTERVAL_MS;
    alerts.evaluate();
  }
}

function request(
  latencySec: number,
  more: { status?: number; trace?: string } & Partial<LogEntry> = {},
): void {
  const { status = 201, trace = 'a', ...entry } = more;
  alerts.record(
    log('gateway', undefined, 0, '', {
      log: 'requests',
      traceId: trace.repeat(32),
      httpRequest: { status, latency: `${latencySec.toFixed(6)}s`, requestUrl: 'http://127.0.0.1:1/process' },
      ...entry,
    }),
  );
}

function deploy(conditions: readonly Condition[], more: Partial<AlertPolicySettings> = {}): string {
  const settings = { displayName: 'the policy', combiner: 'OR', conditions, ...more };
  return monitoring.createAlertPolicy(PROJECT, settings).name;
}

function promQl(query: string, duration = '60s'): Condition {
  return { displayName: 'the condition', conditionPrometheusQueryLanguage: { query, duration } };
}

function deployLatencyAlert(): string {
  logMetrics.put(PROJECT, {
    name: 'gateway_latency',
    filter: 'log_id("run.googleapis.com/requests") AND resource.labels.service_name="gateway"',
    valueExtractor: 'REGEXP_EXTRACT(httpRequest.latency, "([0-9.]+)s")',
    metricDescriptor: { metricKind: 'DELTA', valueType: 'DISTRIBUTION', unit: 's' },
    bucketOptions: { explicitBuckets: { bounds: [0.5, 1, 2, 4] } },
  });
  const series =
    'logging_googleapis_com:user_gateway_latency_bucket{monitored_resource="cloud_run_revision"}';
  return deploy([promQl(`histogram_quantile(0.95, sum by (le) (rate(${series}[5m]))) > 1`)], {
    displayName: 'gateway: p95 latency above 1000 ms',
    documentation: { content: 'Look at [the slow requests](https://example.com).' },
  });
}

function deployLogAlert(): string {
  return deploy(
    [
      {
        displayName: 'aborted',
        conditionMatchedLog: { filter: 'textPayload:"no available instance" AND severity>=WARNING' },
      },
    ],
    {
      alertStrategy: { autoClose: '1800s' },
      documentation: { content: '${resource.label.service_name} in ${resource.label.location}' },
    },
  );
}

const threshold = (filter: string): Condition => ({
  displayName: 'x',
  conditionThreshold: { filter, comparison: 'COMPARISON_GT', duration: '60s' },
});

const TOO_MANY_FAIL = failureRatioQuery([{ name: 'gateway', region: 'europe-west1' }], {
  failures: 'response_code_class="5xx"',
  maxRatio: 0.05,
  windowMin: 5,
  minRequests: 20,
});

describe('an alert on the latency in the log', () => {
  test('fires when it has been met for its duration, with the value and the newest slow trace', () => {
    // GIVEN
    const name = deployLatencyAlert();
    request(0.2, { trace: 'a' });
    request(3, { trace: 'b' });
    request(2.5, { trace: 'c' });
    request(0.3, { trace: 'd' });
    // WHEN it has been met for less than a minute
    pass(60);
    // THEN
    expect(fired).toEqual([]);
    expect(alerts.policies()[0]).toMatchObject({
      firing: false,
      conditions: [{ state: 'pending', metAt: new Date(START_MS + 65_000).toISOString() }],
    });
    // WHEN
    pass(5);
    // THEN rank 3.8 of 4 lies 0.9 of the way from 2 to 4 s
    expect(fired).toEqual([
      {
        policy: name,
        title: 'gateway: p95 latency above 1000 ms',
        condition: 'the condition',
        service: 'gateway',
        state: 'firing',
        since: new Date(START_MS + 65_000).toISOString(),
        value: expect.closeTo(3.8, 9),
        threshold: 1,
        unit: 's',
        traceId: 'c'.repeat(32),
        documentation: 'Look at [the slow requests](https://example.com).',
      },
    ]);
    expect(alerts.alerts()).toEqual(fired);
    expect(alerts.policies()[0]).toMatchObject({ firing: true, conditions: [{ state: 'met' }] });
  });

  test('ends when the slow requests have left the window', () => {
    deployLatencyAlert();
    request(3);
    pass(300);
    expect(alerts.alerts()).toMatchObject([{ state: 'firing' }]);
    pass(10);
    expect(alerts.alerts()).toMatchObject([
      { state: 'ended', until: new Date(START_MS + 305_000).toISOString() },
    ]);
    expect(fired).toHaveLength(1);
    expect(alerts.policies()[0]).toMatchObject({ firing: false, conditions: [{ state: 'ok' }] });
  });

  test('begins its duration anew after a break', () => {
    deployLatencyAlert();
    request(3);
    pass(60);
    // The slow one becomes one of many: rank 38 of 40 is in the lowest bucket.
    for (let index = 0; index < 39; index += 1) request(0.2);
    pass(5);
    expect(fired).toEqual([]);
    for (let index = 0; index < 39; index += 1) request(3);
    pass(60);
    expect(fired).toEqual([]);
    pass(5);
    expect(fired).toHaveLength(1);
  });

  test('ends when its policy is deleted or disabled', () => {
    const name = deployLatencyAlert();
    request(3);
    pass(65);
    monitoring.updateAlertPolicy(name, {
      displayName: 'off',
      combiner: 'OR',
      conditions: [],
      enabled: false,
    });
    pass(5);
    expect(alerts.alerts()).toMatchObject([{ state: 'ended' }]);
    monitoring.deleteAlertPolicy(name);
    expect(alerts.policies()).toEqual([]);
  });
});

describe('an alert on failed requests', () => {
  test('fires for each service apart and fills its name into the documentation', () => {
    deploy([promQl(TOO_MANY_FAIL)], {
      documentation: { content: '**${metric_or_resource.label.service_name}** fails: ${unknown.variable}' },
    });
    for (let index = 0; index < 18; index += 1) request(0.1, { trace: 'a' });
    request(0.1, { status: 503, trace: 'b', message: 'the container closed the connection' });
    request(0.1, { status: 504, trace: 'c', message: 'no response within 1 s' });
    request(0.1, { trace: 'd' });
    pass(65);
    expect(fired).toMatchObject([
      {
        service: 'gateway',
        value: expect.closeTo(2 / 21, 12),
        threshold: 0.05,
        unit: '1',
        traceId: 'c'.repeat(32),
        documentation: '**gateway** fails: ${unknown.variable}',
      },
    ]);
  });

  test('does not count what never reached the container', () => {
    deploy([promQl('sum(increase(run_googleapis_com:request_count[5m])) >= 1', '0s')]);
    request(0.1, { status: 403, message: 'the request has no ID token' });
    request(0.1, { status: 429, message: 'there was no available instance' });
    pass(5);
    expect(fired).toEqual([]);
    request(0.1, { status: 499, message: 'the connection ended before the response did' });
    pass(5);
    expect(fired).toMatchObject([{ value: 1, threshold: 1 }]);
  });
});

describe('an alert on a log entry', () => {
  test('fires at once, once, and ends when none has come for as long as it says', () => {
    deployLogAlert();
    const aborted = { status: 429, severity: 'WARNING', message: 'there was no available instance' };
    request(0.1, { ...aborted, trace: 'b' });
    expect(fired).toMatchObject([
      { service: 'gateway', traceId: 'b'.repeat(32), documentation: 'gateway in europe-west1' },
    ]);
    pass(60);
    request(0.1, { ...aborted, trace: 'c' });
    pass(1_795);
    expect(alerts.alerts()).toMatchObject([{ state: 'firing' }]);
    pass(5);
    expect(alerts.alerts()).toMatchObject([{ state: 'ended' }]);
    expect(fired).toHaveLength(1);
  });

  test('takes no notice of other entries', () => {
    deployLogAlert();
    request(0.1, { status: 201, severity: 'INFO', message: '' });
    expect(fired).toEqual([]);
  });
});

describe('an alert on the burn rate of an objective', () => {
  const objective = `projects/${PROJECT}/services/gateway/serviceLevelObjectives/availability`;
  const burnRate = (windowSec: number): Condition => ({
    displayName: `over ${windowSec} s`,
    conditionThreshold: {
      filter: `select_slo_burn_rate("${objective}", "${windowSec}s")`,
      comparison: 'COMPARISON_GT',
      thresholdValue: 13.44,
      duration: '0s',
    },
  });
  const deployIt = (basicSli: object): void => {
    monitoring.putService({
      name: `projects/${PROJECT}/services/gateway`,
      basicService: {
        serviceType: 'CLOUD_RUN',
        serviceLabels: { service_name: 'gateway', location: 'europe-west1' },
      },
    });
    monitoring.putObjective({ name: objective, goal: 0.99, serviceLevelIndicator: { basicSli } });
    deploy([burnRate(3600), burnRate(300)], { combiner: 'AND' });
  };

  test('fires when the budget goes too fast in every window', () => {
    deployIt({ availability: {} });
    for (let index = 0; index < 3; index += 1) request(0.1);
    request(0.1, { status: 500, trace: 'b' });
    request(0.1, { status: 404, trace: 'c' });
    // Of another service of the same project.
    request(0.1, { status: 500, service: 'storage' });
    pass(5);
    // THEN one of five is bad, and one of a hundred may be
    expect(fired).toMatchObject([
      {
        condition: 'over 3600 s and over 300 s',
        service: 'gateway',
        value: expect.closeTo(20, 9),
        threshold: 13.44,
        traceId: 'b'.repeat(32),
      },
    ]);
  });

  test('ends with the short window and looks back as far as the long one', () => {
    deployIt({ availability: {} });
    request(0.1, { status: 500 });
    pass(310);
    expect(alerts.alerts()).toMatchObject([{ state: 'ended' }]);
    // The failure of five minutes ago still is in the long window: one of two is bad there.
    request(0.1);
    pass(5);
    expect(alerts.policies()[0]?.conditions).toMatchObject([{ state: 'met' }, { state: 'ok' }]);
    expect(fired).toHaveLength(1);
  });

  test('counts what is too slow where the objective is a latency', () => {
    deployIt({ latency: { threshold: '2s' } });
    request(2, { trace: 'a' });
    pass(5);
    expect(fired).toEqual([]);
    request(2.1, { trace: 'b' });
    pass(5);
    expect(fired).toMatchObject([{ value: expect.closeTo(50, 9), traceId: 'b'.repeat(32) }]);
  });

  test.each([
    [{ availability: {}, method: ['GET'] }, 'counts a part of the requests only'],
    [undefined, 'has no basic indicator'],
  ])('of %j is reported as not evaluated', (basicSli, why) => {
    deployIt({});
    const serviceLevelIndicator = basicSli === undefined ? {} : { basicSli };
    monitoring.putObjective({ name: objective, goal: 0.99, serviceLevelIndicator });
    expect(alerts.policies()[0]?.conditions[0]).toMatchObject({
      state: 'not evaluated',
      why: expect.stringContaining(why),
    });
  });
});

test('an alert on the spans of the month counts those that have arrived', () => {
  deploy([
    {
      displayName: 'too many',
      conditionThreshold: {
        filter:
          'metric.type="cloudtrace.googleapis.com/billing/monthly_spans_ingested" AND resource.type="global"',
        comparison: 'COMPARISON_GT',
        thresholdValue: 1_000,
        duration: '0s',
      },
    },
  ]);
  spans = 1_000;
  pass(5);
  expect(fired).toEqual([]);
  spans = 1_001;
  pass(5);
  expect(fired).toMatchObject([{ value: 1_001, threshold: 1_000, unit: 'spans' }]);
});

describe('what is not evaluated is deployed and named', () => {
  test.each<[string, Condition, string]>([
    ['a function', promQl('absent(up)'), "the function 'absent' is not evaluated"],
    [
      'a metric',
      promQl('sum(rate(run_googleapis_com:container_cpu_allocation_time[5m])) > 1'),
      "no metric 'run_googleapis_com:container_cpu_allocation_time'",
    ],
    [
      'a query without threshold',
      promQl('sum(rate(logging_googleapis_com:user_x[5m]))'),
      'there is no threshold',
    ],
    [
      'an uptime check',
      threshold(
        'metric.type="monitoring.googleapis.com/uptime_check/check_passed" AND resource.type="uptime_url"',
      ),
      'nobody asks the services what an uptime check asks',
    ],
    [
      'a filter on a metric',
      threshold('metric.type="run.googleapis.com/request_count" AND resource.type="cloud_run_revision"'),
      'run.googleapis.com/request_count',
    ],
    ['a log match', { displayName: 'x', conditionMatchedLog: { filter: 'crash' } }, "'crash'"],
    ['absence', { displayName: 'x', conditionAbsent: { duration: '60s' } }, 'the absence of data'],
  ])('%s', (_what, condition, why) => {
    deploy([condition]);
    pass(5);
    expect(alerts.policies()[0]?.conditions).toEqual([
      { title: condition.displayName, state: 'not evaluated', why: expect.stringContaining(why) },
    ]);
  });

  test('a log-based metric behind a query', () => {
    logMetrics.put(PROJECT, { name: 'crashes', filter: 'labels.x="y"' });
    deploy([promQl('sum(increase(logging_googleapis_com:user_crashes[5m])) > 0')]);
    expect(alerts.policies()[0]?.conditions[0]?.why).toBe(
      "the log-based metric crashes: the local cloud does not keep the field 'labels.x'",
    );
  });
});
