import { bucketBounds, bucketOf } from '../../../local/logging/bucket-layout';
import { logMetricReader } from '../../../local/logging/log-metric-reader';
import { log } from '../trace/pipeline-trace';

function request(status: number, latency: string): ReturnType<typeof log> {
  return log('gateway', 'a1', 0, '', { log: 'requests', httpRequest: { status, latency } });
}

describe('a log-based metric', () => {
  test('is a distribution of what its extractor finds, with labels from others', () => {
    const reader = logMetricReader({
      name: 'latency',
      filter: 'httpRequest.latency:*',
      valueExtractor: 'REGEXP_EXTRACT(httpRequest.latency, "([0-9.]+)s")',
      metricDescriptor: { metricKind: 'DELTA', valueType: 'DISTRIBUTION', unit: 's' },
      labelExtractors: { status: 'EXTRACT(httpRequest.status)' },
      bucketOptions: { linearBuckets: { numFiniteBuckets: 2, width: 1, offset: 0.5 } },
    });
    expect(reader.bounds).toEqual([0.5, 1.5, 2.5]);
    expect(reader.read(request(201, '0.125000s'))).toEqual({ labels: { status: '201' }, value: 0.125 });
    expect(reader.read(log('gateway', 'a1', 0, 'x'))).toBeUndefined();
    // Cloud Logging drops what is no number.
    expect(reader.read(request(201, 'soon'))).toBeUndefined();
  });

  test('counts entries when it has no descriptor', () => {
    const reader = logMetricReader({ name: 'errors', filter: 'severity>=ERROR' });
    expect(reader.bounds).toBeUndefined();
    expect(reader.read(log('gateway', 'a1', 0, 'x', { severity: 'CRITICAL' }))).toEqual({ labels: {} });
    expect(reader.read(log('gateway', 'a1', 0, 'x'))).toBeUndefined();
  });

  test.each(['EXTRACT(labels.x)', 'REGEXP_EXTRACT(httpRequest.latency, "(")', 'SUM(httpRequest.latency)'])(
    'with the extractor %s is refused by name',
    (extractor) => {
      const metric = { name: 'm', filter: 'severity=ERROR', labelExtractors: { x: extractor } };
      expect(() => logMetricReader(metric)).toThrow(/labels\.x|'\('|SUM/);
    },
  );
});

test('a bound belongs to the bucket above it, and the last bucket has none', () => {
  expect(bucketBounds({ exponentialBuckets: { numFiniteBuckets: 3, growthFactor: 2, scale: 1 } })).toEqual([
    1, 2, 4, 8,
  ]);
  expect(bucketBounds({ explicitBuckets: { bounds: [0, 10] } })).toEqual([0, 10]);
  expect(bucketBounds(undefined)).toHaveLength(65);
  expect([0.5, 1, 3, 7.9, 8, 100].map((value) => bucketOf(value, [1, 2, 4, 8]))).toEqual([0, 1, 2, 3, 4, 4]);
});
