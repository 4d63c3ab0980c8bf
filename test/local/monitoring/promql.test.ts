import { failureRatioQuery, latencyQuery } from '../../../constructs/cloud-run-queries';
import { evaluatePromQl } from '../../../local/monitoring/promql/evaluate-promql';
import { parsePromQl } from '../../../local/monitoring/promql/parse-promql';
import { TimeSeries } from '../../../local/monitoring/time-series';

const NOW_MS = Date.parse('2026-03-01T09:30:00Z');
const COUNT = 'run_googleapis_com:request_count';
const LATENCIES = 'run_googleapis_com:request_latencies';

let series: TimeSeries;
beforeEach(() => {
  series = new TimeSeries();
});

/** Requests `agoSec` before the query. */
function requests(times: number, code: string, agoSec: number, service = 'gateway'): void {
  const labels = {
    monitored_resource: 'cloud_run_revision',
    service_name: service,
    location: 'europe-west1',
    response_code: code,
    response_code_class: `${code[0]}xx`,
  };
  const atMs = NOW_MS - agoSec * 1000;
  for (let index = 0; index < times; index += 1)
    series.record({ metric: COUNT, labels, atMs, example: { service } });
}

function latencies(...values: number[]): void {
  const labels = {
    monitored_resource: 'cloud_run_revision',
    service_name: 'gateway',
    location: 'europe-west1',
  };
  for (const value of values) {
    const sample = {
      labels,
      value,
      bounds: [100, 200, 400, 800],
      atMs: NOW_MS,
      example: { service: 'gateway' },
    };
    series.record({ ...sample, metric: LATENCIES });
  }
}

function evaluate(query: string): { labels: object; value: number }[] {
  return evaluatePromQl(parsePromQl(query), series, NOW_MS);
}

const quantile = (q: number): number | undefined =>
  evaluate(latencyQuery({ name: 'gateway', region: 'europe-west1' }, q))[0]?.value;

/** Where `N` stands for the requests of five minutes. */
const calculated = (expression: string): number | undefined =>
  evaluate(expression.replaceAll('N', `sum(increase(${COUNT}[5m]))`))[0]?.value;

describe('rate and increase', () => {
  test('count what is in the window, to the slot', () => {
    requests(1_000, '200', 301);
    requests(60, '200', 299);
    requests(30, '200', 10);
    expect(evaluate(`sum(increase(${COUNT}[5m]))`)).toEqual([{ labels: {}, value: 90 }]);
    expect(evaluate(`sum(rate(${COUNT}[5m]))`)).toEqual([{ labels: {}, value: 0.3 }]);
    expect(evaluate(`sum(increase(${COUNT}[1m30s]))`)).toEqual([{ labels: {}, value: 30 }]);
  });

  test('have no value where nothing was counted', () => {
    requests(5, '200', 400);
    expect(evaluate(`sum(rate(${COUNT}[5m]))`)).toEqual([]);
  });

  test('keep the series apart that sum puts together by a label', () => {
    requests(2, '200', 0, 'gateway');
    requests(3, '404', 0, 'gateway');
    requests(4, '200', 0, 'storage');
    const grouped = [
      { labels: { service_name: 'gateway' }, value: 5 },
      { labels: { service_name: 'storage' }, value: 4 },
    ];
    expect(evaluate(`sum by (service_name) (increase(${COUNT}[5m]))`)).toEqual(grouped);
    expect(evaluate(`sum(increase(${COUNT}[5m])) by (service_name)`)).toEqual(grouped);
    expect(evaluate(`increase(${COUNT}[5m])`)).toHaveLength(3);
  });

  test.each([
    ['response_code="404"', 3],
    ['response_code!="404"', 6],
    ['response_code=~"4.*"', 3],
    // Regular expressions are anchored.
    ['response_code=~"0"', undefined],
    ['response_code!~"2.."', 3],
    ['service_name=\'storage\',response_code_class="2xx"', 4],
    ['absent=""', 9],
  ])('select by {%s}', (matchers, value) => {
    requests(2, '200', 0, 'gateway');
    requests(3, '404', 0, 'gateway');
    requests(4, '200', 0, 'storage');
    expect(evaluate(`sum(increase(${COUNT}{${matchers}}[5m]))`)[0]?.value).toBe(value);
  });
});

describe('histogram_quantile', () => {
  test('is linear within the bucket', () => {
    // GIVEN ten values, cumulative 4 up to 100, 8 up to 200, 10 up to 400
    latencies(50, 50, 50, 50, 150, 150, 150, 150, 300, 300);
    // THEN rank 5 is a quarter into the second bucket, 9.5 three quarters into the third, 2 half into the first
    expect(quantile(0.5)).toBeCloseTo(125, 9);
    expect(quantile(0.95)).toBeCloseTo(350, 9);
    expect(quantile(0.2)).toBe(50);
  });

  test('is the last bound above that', () => {
    latencies(5_000);
    expect(quantile(0.95)).toBe(800);
  });

  test('has no value without requests', () => {
    expect(quantile(0.95)).toBeUndefined();
  });

  test('leaves the sum and the count of the distribution to their own names', () => {
    latencies(50, 150, 300);
    expect(
      evaluate(`increase(${LATENCIES}_sum[5m]) / increase(${LATENCIES}_count[5m])`)[0]?.value,
    ).toBeCloseTo(500 / 3);
  });
});

describe('the query of an error alert', () => {
  const query = failureRatioQuery(
    ['gateway', 'storage'].map((name) => ({ name, region: 'europe-west1' })),
    { failures: 'response_code_class="5xx"', maxRatio: 0.05, windowMin: 5, minRequests: 20 },
  );

  test('is true for the service whose share of failures is too high', () => {
    requests(18, '200', 0, 'gateway');
    requests(2, '504', 0, 'gateway');
    requests(100, '200', 0, 'storage');
    expect(evaluate(query)).toEqual([
      { labels: { service_name: 'gateway', location: 'europe-west1' }, value: expect.closeTo(0.1, 12) },
    ]);
  });

  test.each([
    ['at the limit', 19, 1],
    ['with too few requests', 17, 2],
    ['without failures', 50, 0],
  ])('is not true %s', (_what, good, bad) => {
    requests(good, '200', 0);
    requests(bad, '500', 0);
    expect(evaluate(query)).toEqual([]);
  });
});

test('arithmetic and comparisons bind as PromQL has them', () => {
  requests(6, '200', 0);
  expect(calculated('2 + N * 3 - N / 2')).toBe(17);
  expect(calculated('(2 + N) * 3')).toBe(24);
  expect(calculated('N * 2 > 11')).toBe(12);
  expect(calculated('N * 2 > 12')).toBeUndefined();
  expect([calculated('N >= 6'), calculated('N < 6'), calculated('N <= 6')]).toEqual([6, undefined, 6]);
  expect(calculated('N > 5 and N < 3')).toBeUndefined();
});

test.each([
  ['up == 0', "'up' outside of rate() and increase() is not evaluated"],
  ['avg(rate(x[5m])) > 1', "the function 'avg' is not evaluated"],
  ['sum without (a) (rate(x[5m]))', "'without' is not evaluated where '(' is expected"],
  ['rate(x[5m]) > rate(y[5m])', "'>' compares with something else than a number"],
  ['rate(x[5m] offset 1h)', "'offset' is not evaluated where ')' is expected"],
  ['rate(x[5m:1m])', "':1m' is not evaluated where ']' is expected"],
  ['sum(rate(x[5m])) or vector(0)', "'or' is not evaluated in its place"],
  ['sum(rate(x[5m])) != 3', "'!=' is not evaluated in its place"],
  ['rate(x{a=~"("}[5m])', "the regular expression '(' is not understood"],
  ['rate({__name__="x"}[5m])', "'{' is not evaluated in its place"],
  ['', "'the end' is not evaluated in its place"],
])('%s is refused by name', (query, reason) => {
  expect(() => parsePromQl(query)).toThrow(reason);
});

describe('what is kept', () => {
  test('does not grow with the traffic, and not with a label without end', () => {
    for (let index = 0; index < 5_000; index += 1) {
      const sample = { metric: 'm', labels: { id: String(index) }, example: { service: 's' } };
      series.record({ ...sample, atMs: NOW_MS });
    }
    expect(series.counts('m', () => true, { endMs: NOW_MS, lengthMs: 60_000 })).toHaveLength(1_000);
    expect(series.refused).toBe(4_000);
  });

  test('is forgotten once no query looks back so far', () => {
    requests(1, '200', 100);
    requests(1, '500', 10);
    series.prune(NOW_MS, 60_000);
    const window = { endMs: NOW_MS, lengthMs: 600_000 };
    expect(series.counts(COUNT, () => true, window).map(({ labels }) => labels['response_code'])).toEqual([
      '500',
    ]);
    series.prune(NOW_MS + 600_000, 60_000);
    expect(series.has(COUNT)).toBe(false);
  });
});
