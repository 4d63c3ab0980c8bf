import { LogMetrics } from '../../../../local/logging/log-metrics';
import { Monitoring } from '../../../../local/monitoring/monitoring';
import { type Diagnostic, UNKNOWN } from '../../../../local/terraform/resource-type';
import { loggingMetric } from '../../../../local/terraform/resources/logging';
import { warnOfConditions } from '../../../../local/terraform/resources/not-evaluated';
import { alertPolicy } from '../../../../local/terraform/resources/monitoring-alert-policy';
import { notificationChannel } from '../../../../local/terraform/resources/monitoring-notification-channel';
import { applyAndSettle, lifecycle, succeeded, TerraformWorkspace } from '../../../helpers/terraform';

const POLICY = 'google_monitoring_alert_policy.latency';
const CHANNEL = 'google_monitoring_notification_channel.mail';

let monitoring: Monitoring;
let logMetrics: LogMetrics;
let workspace: TerraformWorkspace;

beforeEach(async () => {
  monitoring = new Monitoring();
  logMetrics = new LogMetrics();
  workspace = await TerraformWorkspace.open({
    products: { monitoring, logMetrics },
    resourceTypes: [alertPolicy, notificationChannel, loggingMetric],
  });
});

afterEach(() => workspace.dispose());

const CHANNELS = {
  google_monitoring_notification_channel: {
    mail: { type: 'email', labels: { email_address: 'someone@example.com' } },
  },
};

const QUERY =
  'histogram_quantile(0.95, sum by (le) (rate(logging_googleapis_com:user_latency_bucket[5m]))) > 2';

const promQl = (attributes: object = {}) => ({
  display_name: 'p95',
  condition_prometheus_query_language: [
    {
      query: QUERY,
      duration: '60s',
      evaluation_interval: '60s',
      disable_metric_validation: true,
      ...attributes,
    },
  ],
});

const threshold = (attributes: object = {}) => ({
  display_name: 'many errors',
  condition_threshold: [
    {
      filter: 'metric.type="run.googleapis.com/request_count" AND resource.type="cloud_run_revision"',
      comparison: 'COMPARISON_GT',
      threshold_value: 0.05,
      duration: '300s',
      aggregations: [
        {
          alignment_period: '60s',
          per_series_aligner: 'ALIGN_RATE',
          group_by_fields: ['resource.label.service_name'],
        },
      ],
      trigger: [{ count: 1 }],
      ...attributes,
    },
  ],
});

/** Summaries, without those of warnings. */
function errorsOf({ diagnostics }: { diagnostics: readonly Diagnostic[] }): string[] {
  return diagnostics.filter(({ severity }) => severity === 'error').map(({ summary }) => summary);
}

const policies = (attributes: object = {}, rest: object = CHANNELS) => ({
  resource: {
    google_monitoring_alert_policy: {
      latency: {
        display_name: 'Latency',
        combiner: 'OR',
        conditions: [promQl(), threshold()],
        notification_channels: [`\${${CHANNEL}.name}`],
        documentation: [
          { content: 'Look at the trace.', links: [{ display_name: 'Traces', url: 'https://example.com' }] },
        ],
        alert_strategy: [{ auto_close: '1800s' }],
        user_labels: { team: 'documents' },
        ...attributes,
      },
    },
    ...rest,
  },
});

describe('google_monitoring_alert_policy', () => {
  test('lives from creation through update and replacement to destruction', async () => {
    const { created, updated } = await lifecycle(workspace, {
      create: policies(),
      update: {
        config: policies({ enabled: false, conditions: [promQl({ duration: '120s' }), threshold()] }),
        changed: {
          [POLICY]: ['conditions.0.condition_prometheus_query_language.0.duration', 'enabled'],
        },
      },
      replace: {
        config: policies({ project: 'local-other' }),
        replaced: { [POLICY]: ['project'] },
      },
    });

    const name = created[POLICY]?.['name'];
    expect(name).toMatch(/^projects\/local-test\/alertPolicies\/\d+$/);
    expect(created[POLICY]).toMatchObject({
      id: name,
      enabled: true,
      creation_record: [
        { mutate_time: expect.stringMatching(/Z$/), mutated_by: expect.stringMatching(/.+/) },
      ],
      conditions: [
        { name: expect.stringMatching(new RegExp(`^${String(name)}/conditions/\\d+$`)) },
        { name: expect.stringMatching(new RegExp(`^${String(name)}/conditions/\\d+$`)) },
      ],
    });
    expect(updated[POLICY]?.['name']).toBe(name);
    expect(monitoring.alertPolicies()).toEqual([]);
  });

  test('is kept in the shape of the Monitoring API', async () => {
    await applyAndSettle(workspace, policies());

    expect(monitoring.alertPolicies()).toMatchObject([
      {
        displayName: 'Latency',
        combiner: 'OR',
        conditions: [
          {
            displayName: 'p95',
            conditionPrometheusQueryLanguage: {
              query: QUERY,
              duration: '60s',
              evaluationInterval: '60s',
              disableMetricValidation: true,
            },
          },
          {
            conditionThreshold: {
              thresholdValue: 0.05,
              aggregations: [{ alignmentPeriod: '60s', groupByFields: ['resource.label.service_name'] }],
              trigger: { count: 1 },
            },
          },
        ],
        notificationChannels: [expect.stringContaining('/notificationChannels/')],
        documentation: { content: 'Look at the trace.' },
        userLabels: { team: 'documents' },
      },
    ]);
  });

  test('keeps the names of the conditions that stay when one is added', async () => {
    // GIVEN
    await applyAndSettle(workspace, policies({ conditions: [promQl()] }));
    const before = monitoring.alertPolicies()[0]?.conditions[0]?.name;

    // WHEN
    await applyAndSettle(workspace, policies({ conditions: [promQl(), threshold()] }));

    // THEN
    const names = monitoring.alertPolicies()[0]?.conditions.map(({ name }) => name);
    expect(names).toEqual([before, expect.stringMatching(/\/conditions\/\d+$/)]);
  });

  test('shows what was changed behind its back, and that it is gone', async () => {
    // GIVEN
    await applyAndSettle(workspace, policies());
    const [policy] = monitoring.alertPolicies();
    if (!policy) throw new Error('there is no policy');

    // WHEN
    monitoring.updateAlertPolicy(policy.name, { ...policy, enabled: false, userLabels: {} });

    // THEN
    expect(succeeded(await workspace.plan()).changedPaths).toEqual({
      [POLICY]: ['enabled', 'user_labels.team'],
    });

    // WHEN
    monitoring.deleteAlertPolicy(policy.name);

    // THEN
    expect(succeeded(await workspace.plan()).actions).toEqual({ [POLICY]: 'create' });
  });

  test.each([
    ['PromQL', promQl({ disable_metric_validation: false })],
    [
      'a filter',
      threshold({
        filter: 'metric.type="logging.googleapis.com/user/latency" AND resource.type="cloud_run_revision"',
      }),
    ],
  ])('is refused while the log-based metric of %s does not exist', async (_, condition) => {
    // GIVEN
    const config = policies({ conditions: [condition] });

    // WHEN
    await workspace.configure(config);
    const refused = await workspace.apply();

    // THEN
    expect(refused.ok).toBe(false);
    expect(errorsOf(refused)).toEqual([expect.stringContaining('Error 404: Cannot find metric(s)')]);
    expect(monitoring.alertPolicies()).toEqual([]);

    // WHEN the metric is created before
    await applyAndSettle(
      workspace,
      policies(
        { conditions: [condition], depends_on: ['google_logging_metric.latency'] },
        { ...CHANNELS, google_logging_metric: { latency: { name: 'latency', filter: 'severity=ERROR' } } },
      ),
    );

    // THEN
    expect(monitoring.alertPolicies()).toHaveLength(1);
  });

  test('is refused when its notification channel does not exist', async () => {
    await workspace.configure(
      policies({ notification_channels: ['projects/local-test/notificationChannels/1'] }),
    );

    const { ok, diagnostics } = await workspace.apply();

    expect(ok).toBe(false);
    expect(errorsOf({ diagnostics })).toEqual([expect.stringContaining('does not exist')]);
  });

  const MATCHED_LOG = { display_name: 'crash', condition_matched_log: [{ filter: 'severity=CRITICAL' }] };
  const RATE_LIMIT = [{ notification_rate_limit: [{ period: '300s' }] }];

  test('of a log match is created with a rate limit', async () => {
    await applyAndSettle(workspace, policies({ conditions: [MATCHED_LOG], alert_strategy: RATE_LIMIT }));

    expect(monitoring.alertPolicies()[0]?.alertStrategy).toEqual({
      notificationRateLimit: { period: '300s' },
    });
  });

  test.each([
    ['seven conditions', { conditions: Array.from({ length: 7 }, () => promQl()) }, 'at most 6 conditions'],
    ['a condition of no kind', { conditions: [{ display_name: 'x' }] }, 'exactly one kind'],
    ['a condition of two kinds', { conditions: [{ ...promQl(), ...threshold() }] }, 'exactly one kind'],
    [
      'an evaluation interval off the 30 s grid',
      { conditions: [promQl({ evaluation_interval: '45s' })] },
      'cannot be an evaluation interval',
    ],
    [
      'an evaluation interval of nothing',
      { conditions: [promQl({ evaluation_interval: '0s' })] },
      'evaluation interval',
    ],
    ['an empty query', { conditions: [promQl({ query: ' ' })] }, 'needs a query'],
    [
      'a filter without resource type',
      { conditions: [threshold({ filter: 'metric.type="run.googleapis.com/request_count"' })] },
      'restriction on "resource.type"',
    ],
    ['no filter', { conditions: [threshold({ filter: null })] }, 'needs a filter'],
    ['a duration off the minute', { conditions: [threshold({ duration: '90s' })] }, 'cannot be a condition'],
    [
      'a comparison for equality',
      { conditions: [threshold({ comparison: 'COMPARISON_EQ' })] },
      'not supported',
    ],
    [
      'a log match beside another condition',
      { conditions: [MATCHED_LOG, promQl()], alert_strategy: RATE_LIMIT },
      'no other condition',
    ],
    ['a log match without rate limit', { conditions: [MATCHED_LOG] }, 'needs a rate limit'],
    [
      'a query in MQL',
      {
        conditions: [
          { display_name: 'x', condition_monitoring_query_language: [{ query: 'fetch x', duration: '0s' }] },
        ],
      },
      'not modelled',
    ],
    ['a project outside of the local cloud', { project: 'production' }, 'not in the local cloud'],
  ])('is refused by its configuration alone: %s', (_, attributes, summary) => {
    const config = policies().resource.google_monitoring_alert_policy.latency;

    expect(alertPolicy.validate?.({ ...config, ...attributes })).toMatchObject([
      { severity: 'error', summary: expect.stringContaining(summary) },
    ]);
  });

  test.each([
    ['a query', promQl({ query: 'absent(up)' }), "the function 'absent' is not evaluated"],
    ['a filter', threshold(), 'run.googleapis.com/request_count'],
    ['a log match', { display_name: 'x', condition_matched_log: [{ filter: 'crash' }] }, "'crash'"],
    ['absence', { display_name: 'x', condition_absent: [{ filter: 'x' }] }, 'the absence of data'],
  ])('is taken with a warning where the local cloud does not evaluate %s', (_, condition, why) => {
    expect(warnOfConditions({ conditions: [condition] })).toMatchObject([
      {
        severity: 'warning',
        summary: expect.stringContaining('is not evaluated in the local cloud'),
        detail: expect.stringContaining(why),
      },
    ]);
  });

  test('has no warning for what is evaluated', () => {
    expect(warnOfConditions({ conditions: [promQl(), promQl({ query: UNKNOWN }), MATCHED_LOG] })).toEqual([]);
  });

  test('is not refused for what is not known yet', () => {
    expect(alertPolicy.validate?.({ conditions: UNKNOWN, project: UNKNOWN })).toEqual([]);
    expect(
      alertPolicy.validate?.({ conditions: [threshold({ filter: UNKNOWN, duration: UNKNOWN })] }),
    ).toEqual([]);
  });
});
