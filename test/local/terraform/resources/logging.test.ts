import { LogMetrics } from '../../../../local/logging/log-metrics';
import { type Attributes, UNKNOWN } from '../../../../local/terraform/resource-type';
import { loggingMetric } from '../../../../local/terraform/resources/logging';
import { applyAndSettle, lifecycle, succeeded, TerraformWorkspace } from '../../../helpers/terraform';

const ADDRESS = 'google_logging_metric.latency';

let logMetrics: LogMetrics;
let workspace: TerraformWorkspace;

beforeEach(async () => {
  logMetrics = new LogMetrics();
  workspace = await TerraformWorkspace.open({ products: { logMetrics }, resourceTypes: [loggingMetric] });
});

afterEach(() => workspace.dispose());

const DISTRIBUTION = {
  name: 'gateway_latency',
  filter: 'resource.type="cloud_run_revision" AND httpRequest.latency:*',
  metric_descriptor: [
    {
      metric_kind: 'DELTA',
      value_type: 'DISTRIBUTION',
      unit: 's',
      labels: [{ key: 'status' }, { key: 'path' }],
    },
  ],
  value_extractor: 'REGEXP_EXTRACT(httpRequest.latency, "([0-9.]+)s")',
  label_extractors: {
    status: 'EXTRACT(httpRequest.status)',
    path: 'REGEXP_EXTRACT(httpRequest.requestUrl, "(/.*)")',
  },
  bucket_options: [{ exponential_buckets: [{ num_finite_buckets: 80, growth_factor: 1.155, scale: 0.001 }] }],
};

const metric = (attributes: object = {}) => ({
  resource: { google_logging_metric: { latency: { ...DISTRIBUTION, ...attributes } } },
});

describe('google_logging_metric', () => {
  test('lives from creation through update and replacement to destruction', async () => {
    const { created } = await lifecycle(workspace, {
      create: metric(),
      update: {
        config: metric({ filter: 'severity=ERROR', description: 'Latency', disabled: true }),
        changed: { [ADDRESS]: ['description', 'disabled', 'filter'] },
      },
      replace: {
        config: metric({ project: 'local-other' }),
        replaced: { [ADDRESS]: ['project'] },
      },
    });

    expect(created[ADDRESS]).toMatchObject({ id: 'gateway_latency', project: 'local-test' });
    expect([...logMetrics.list('local-test'), ...logMetrics.list('local-other')]).toEqual([]);
  });

  test('is kept in the shape of the Logging API', async () => {
    await applyAndSettle(workspace, metric());

    expect(logMetrics.get('local-test', 'gateway_latency')).toEqual({
      name: 'gateway_latency',
      filter: DISTRIBUTION.filter,
      metricDescriptor: {
        metricKind: 'DELTA',
        valueType: 'DISTRIBUTION',
        unit: 's',
        labels: expect.arrayContaining([{ key: 'status' }, { key: 'path' }]),
      },
      valueExtractor: DISTRIBUTION.value_extractor,
      labelExtractors: DISTRIBUTION.label_extractors,
      bucketOptions: { exponentialBuckets: { numFiniteBuckets: 80, growthFactor: 1.155, scale: 0.001 } },
    });
  });

  test('of the plain kind counts entries', async () => {
    await applyAndSettle(workspace, {
      resource: { google_logging_metric: { latency: { name: 'errors', filter: 'severity=ERROR' } } },
    });

    expect(logMetrics.list('local-test')).toEqual([{ name: 'errors', filter: 'severity=ERROR' }]);
  });

  test('is replaced when a label is added', async () => {
    await applyAndSettle(workspace, metric());
    await workspace.configure(
      metric({
        metric_descriptor: [
          {
            ...DISTRIBUTION.metric_descriptor[0],
            labels: [{ key: 'status' }, { key: 'path' }, { key: 'method' }],
          },
        ],
        label_extractors: { ...DISTRIBUTION.label_extractors, method: 'EXTRACT(httpRequest.requestMethod)' },
      }),
    );

    const { actions } = succeeded(await workspace.plan());

    expect(actions).toEqual({ [ADDRESS]: 'replace' });
  });

  test("leaves the old one behind when it is renamed, as Google's provider does", async () => {
    // GIVEN
    await applyAndSettle(workspace, metric());

    // WHEN
    await workspace.configure(metric({ name: 'latency' }));
    const { actions } = succeeded(await workspace.plan());
    succeeded(await workspace.apply());

    // THEN
    expect(actions).toEqual({ [ADDRESS]: 'update' });
    expect(logMetrics.list('local-test').map(({ name }) => name)).toEqual(['gateway_latency', 'latency']);
  });

  test('shows what was changed behind its back, and that it is gone', async () => {
    // GIVEN
    await applyAndSettle(workspace, metric());
    const before = logMetrics.get('local-test', 'gateway_latency');
    if (!before) throw new Error('there is no metric');

    // WHEN
    logMetrics.put('local-test', {
      ...before,
      filter: 'severity=INFO',
      bucketOptions: { explicitBuckets: { bounds: [1, 2] } },
    });

    // THEN
    const { changedPaths } = succeeded(await workspace.plan());
    expect(changedPaths[ADDRESS]).toContain('filter');
    expect(changedPaths[ADDRESS]?.join()).toContain('bucket_options.0.explicit_buckets');

    // WHEN
    logMetrics.delete('local-test', 'gateway_latency');

    // THEN
    const { actions } = succeeded(await workspace.plan());
    expect(actions).toEqual({ [ADDRESS]: 'create' });
  });

  test('is refused when one of that name exists', async () => {
    logMetrics.put('local-test', { name: 'gateway_latency', filter: 'severity=ERROR' });
    await workspace.configure(metric());

    const { ok, diagnostics } = await workspace.apply();

    expect(ok).toBe(false);
    expect(diagnostics[0]?.summary).toContain('Error 409');
  });

  test('is refused in the apply when what is wrong was not known before', async () => {
    await workspace.configure({
      resource: {
        terraform_data: { filter: { input: ' ' } },
        google_logging_metric: { latency: { name: 'errors', filter: '${terraform_data.filter.output}' } },
      },
    });

    const { ok, diagnostics } = await workspace.apply();

    expect(ok).toBe(false);
    expect(diagnostics[0]?.summary).toBe('A log-based metric needs a filter');
  });

  test.each([
    ['a filter', { filter: 'out of memory' }, "the search for 'out' in all fields"],
    ['an extractor', { value_extractor: 'EXTRACT(labels.x)' }, "the field 'labels.x'"],
  ])('is taken with a warning where the local cloud does not evaluate %s', (_, attributes, why) => {
    expect(loggingMetric.validate?.({ ...DISTRIBUTION, ...attributes })).toMatchObject([
      { severity: 'warning', detail: expect.stringContaining(why) },
    ]);
    expect(loggingMetric.validate?.(DISTRIBUTION)).toEqual([]);
  });

  test.each([
    ['an empty filter', { filter: '' }, 'needs a filter'],
    ['a long name', { name: 'a'.repeat(101) }, "cannot be a log-based metric's name"],
    ['a name that starts with a slash', { name: '/errors' }, "cannot be a log-based metric's name"],
    ['a distribution without values', { value_extractor: null }, 'needs a value extractor'],
    ['a value extractor of no function', { value_extractor: 'httpRequest.latency' }, 'is not an extractor'],
    [
      'a label without extractor',
      { label_extractors: { status: 'EXTRACT(httpRequest.status)' } },
      'has no extractor',
    ],
    [
      'an extractor without label',
      { label_extractors: { ...DISTRIBUTION.label_extractors, method: 'EXTRACT(a)' } },
      'belongs to no label',
    ],
    [
      'a gauge',
      { metric_descriptor: [{ ...DISTRIBUTION.metric_descriptor[0], metric_kind: 'GAUGE' }] },
      'GAUGE',
    ],
    [
      'doubles',
      { metric_descriptor: [{ ...DISTRIBUTION.metric_descriptor[0], value_type: 'DOUBLE' }] },
      'DOUBLE',
    ],
    [
      'two bucket layouts',
      { bucket_options: [{ ...DISTRIBUTION.bucket_options[0], explicit_buckets: [{ bounds: [1] }] }] },
      'one bucket layout',
    ],
    ['a project outside of the local cloud', { project: 'production' }, 'not in the local cloud'],
  ])('is refused by its configuration alone: %s', (_, attributes, summary) => {
    const diagnostics = loggingMetric.validate?.({ ...DISTRIBUTION, ...attributes });

    expect(diagnostics).toMatchObject([{ severity: 'error', summary: expect.stringContaining(summary) }]);
  });

  test('is not refused for what is not known yet', () => {
    const unknown: Attributes = { ...DISTRIBUTION };
    for (const name of Object.keys(DISTRIBUTION)) unknown[name] = UNKNOWN;

    expect(loggingMetric.validate?.(unknown)).toEqual([]);
  });
});
