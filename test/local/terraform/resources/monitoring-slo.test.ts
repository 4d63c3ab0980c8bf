import { LogMetrics } from '../../../../local/logging/log-metrics';
import { Monitoring } from '../../../../local/monitoring/monitoring';
import { type Attributes, UNKNOWN } from '../../../../local/terraform/resource-type';
import { alertPolicy } from '../../../../local/terraform/resources/monitoring-alert-policy';
import { monitoringService } from '../../../../local/terraform/resources/monitoring-service';
import { slo } from '../../../../local/terraform/resources/monitoring-slo';
import { applyAndSettle, lifecycle, succeeded, TerraformWorkspace } from '../../../helpers/terraform';

const SERVICE = 'google_monitoring_service.gateway';
const SLO = 'google_monitoring_slo.availability';

let monitoring: Monitoring;
let workspace: TerraformWorkspace;

beforeEach(async () => {
  monitoring = new Monitoring();
  workspace = await TerraformWorkspace.open({
    products: { monitoring, logMetrics: new LogMetrics() },
    resourceTypes: [alertPolicy, monitoringService, slo],
  });
});

afterEach(() => workspace.dispose());

const BASIC_SERVICE = [
  {
    service_type: 'CLOUD_RUN',
    service_labels: { service_name: 'gateway', location: 'europe-west1' },
  },
];

const services = (attributes: object = {}) => ({
  google_monitoring_service: {
    gateway: { service_id: 'gateway', basic_service: BASIC_SERVICE, ...attributes },
  },
});

const objective = (attributes: Attributes = {}): Attributes => ({
  service: `\${${SERVICE}.service_id}`,
  slo_id: 'availability',
  goal: 0.995,
  rolling_period_days: 28,
  basic_sli: [{ availability: [{}] }],
  ...attributes,
});

const objectives = (attributes: Attributes = {}, rest: object = services()) => ({
  resource: { google_monitoring_slo: { availability: objective(attributes) }, ...rest },
});

const burning = (filter: string) => ({
  google_monitoring_alert_policy: {
    burning: {
      display_name: 'Burning',
      combiner: 'AND',
      conditions: [
        {
          display_name: 'fast',
          condition_threshold: [
            { filter, comparison: 'COMPARISON_GT', threshold_value: 13.44, duration: '0s' },
          ],
        },
      ],
    },
  },
});

describe('google_monitoring_service', () => {
  test('lives from creation through update and replacement to destruction', async () => {
    const { created } = await lifecycle(workspace, {
      create: { resource: services() },
      update: {
        config: { resource: services({ display_name: 'Gateway', user_labels: { team: 'documents' } }) },
        changed: { [SERVICE]: ['display_name', 'user_labels.team'] },
      },
      replace: {
        config: {
          resource: services({
            service_id: 'edge',
            basic_service: [
              { service_type: 'CLOUD_RUN', service_labels: { service_name: 'edge', location: 'us-east1' } },
            ],
          }),
        },
        replaced: { [SERVICE]: ['service_id', 'basic_service'] },
      },
    });

    const name = 'projects/local-test/services/gateway';
    expect(created[SERVICE]).toMatchObject({ id: name, name, telemetry: [] });
    expect(monitoring.service('projects/local-test/services/edge')).toBeUndefined();
  });

  test('is imported by its name, and refused when it exists', async () => {
    const name = 'projects/local-test/services/gateway';
    monitoring.putService({
      name,
      basicService: {
        serviceType: 'CLOUD_RUN',
        serviceLabels: { service_name: 'gateway', location: 'europe-west1' },
      },
    });
    await workspace.configure({ resource: services() });

    const refused = await workspace.apply();
    expect(refused.ok).toBe(false);
    expect(refused.diagnostics[0]?.summary).toContain(`Error 409: The service ${name} already exists`);

    succeeded(await workspace.import(SERVICE, name));
    expect(succeeded(await workspace.plan()).actions).toEqual({});
  });

  test.each([
    ['an id in upper case', { service_id: 'Gateway' }, "cannot be a service's id"],
    ['an unknown type', { basic_service: [{ service_type: 'LAMBDA' }] }, 'is not a type of service'],
    [
      'a missing label',
      { basic_service: [{ service_type: 'CLOUD_RUN', service_labels: { service_name: 'x' } }] },
      'needs the label "location"',
    ],
    ['a project outside of the local cloud', { project: 'production' }, 'not in the local cloud'],
  ])('is refused by its configuration alone: %s', (_, attributes, summary) => {
    const config = services().google_monitoring_service.gateway;
    expect(monitoringService.validate?.({ ...config, ...attributes })).toMatchObject([
      { severity: 'error', summary: expect.stringContaining(summary) },
    ]);
  });

  test.each<Attributes>([
    { service_id: UNKNOWN, basic_service: UNKNOWN },
    { basic_service: [{ service_type: UNKNOWN }] },
    { basic_service: [{ service_type: 'CLOUD_RUN', service_labels: UNKNOWN }] },
  ])('is not refused for what is not known yet: %j', (config) => {
    expect(monitoringService.validate?.(config)).toEqual([]);
  });
});

describe('google_monitoring_slo', () => {
  test('lives from creation through update and replacement to destruction', async () => {
    const { created } = await lifecycle(workspace, {
      create: objectives(),
      update: {
        config: objectives({
          display_name: 'In time',
          goal: 0.95,
          basic_sli: [{ latency: [{ threshold: '2s' }] }],
        }),
        changed: {
          [SLO]: [
            'basic_sli.0.availability.0.enabled',
            'basic_sli.0.latency.0.threshold',
            'display_name',
            'goal',
          ],
        },
      },
      replace: {
        config: objectives({ slo_id: 'latency', basic_sli: [{ latency: [{ threshold: '2s' }] }] }),
        replaced: { [SLO]: ['slo_id'] },
      },
    });

    const name = 'projects/local-test/services/gateway/serviceLevelObjectives/availability';
    expect(created[SLO]).toMatchObject({
      id: name,
      name,
      slo_id: 'availability',
      basic_sli: [{ availability: [{ enabled: true }] }],
    });
    expect(monitoring.objective(name)).toBeUndefined();
  });

  test('is kept in the shape of the Monitoring API', async () => {
    const ratio = { good_service_filter: 'good', total_service_filter: 'total' };
    await applyAndSettle(
      workspace,
      objectives({ basic_sli: null, request_based_sli: [{ good_total_ratio: [ratio] }] }),
    );

    const name = 'projects/local-test/services/gateway/serviceLevelObjectives/availability';
    expect(monitoring.objective(name)).toEqual({
      name,
      goal: 0.995,
      rollingPeriod: '2419200s',
      serviceLevelIndicator: {
        requestBased: { goodTotalRatio: { goodServiceFilter: 'good', totalServiceFilter: 'total' } },
      },
    });
  });

  test('gets an id where it has none', async () => {
    await applyAndSettle(workspace, objectives({ slo_id: null }));
    const { slo_id: id, name } = (await workspace.state())[SLO] ?? {};
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(name).toMatch(new RegExp(`/serviceLevelObjectives/${String(id)}$`));
  });

  test('shows what was changed behind its back, that it is gone, and is imported by its name', async () => {
    // GIVEN
    await applyAndSettle(workspace, objectives());
    const name = String((await workspace.state())[SLO]?.['name']);
    const kept = monitoring.objective(name);
    if (!kept) throw new Error('there is no objective');

    // WHEN
    monitoring.putObjective({ ...kept, goal: 0.9, rollingPeriod: '604800s' });

    // THEN
    expect(succeeded(await workspace.plan()).changedPaths).toEqual({
      [SLO]: ['goal', 'rolling_period_days'],
    });

    // WHEN
    monitoring.deleteObjective(name);

    // THEN
    expect(succeeded(await workspace.plan()).actions).toEqual({ [SLO]: 'create' });

    // WHEN it is somebody else's
    monitoring.putObjective(kept);
    await workspace.run('state', 'rm', SLO);
    succeeded(await workspace.import(SLO, name));

    // THEN
    expect(succeeded(await workspace.plan()).actions).toEqual({});
  });

  test('is refused without its service', async () => {
    await workspace.configure(objectives({ service: 'nobody' }, {}));
    const { ok, diagnostics } = await workspace.apply();
    expect(ok).toBe(false);
    expect(diagnostics[0]?.summary).toContain('Error 404: The service "nobody" does not exist');
  });

  test.each<[string, Attributes, string]>([
    ['a goal of everything', { goal: 1 }, 'cannot be a goal'],
    ['a goal of nothing', { goal: 0 }, 'cannot be a goal'],
    ['an id with a slash', { slo_id: 'a/b' }, "cannot be an objective's id"],
    ['no period', { rolling_period_days: null }, 'Exactly one of "rolling_period_days"'],
    ['two periods', { calendar_period: 'WEEK' }, 'Exactly one of "rolling_period_days"'],
    ['a period of 31 days', { rolling_period_days: 31 }, 'cannot be a period'],
    [
      'an unknown calendar period',
      { rolling_period_days: null, calendar_period: 'YEAR' },
      'is not a calendar period',
    ],
    ['no indicator', { basic_sli: [] }, 'Exactly one of "basic_sli"'],
    [
      'two criteria',
      { basic_sli: [{ availability: [{}], latency: [{ threshold: '1s' }] }] },
      'Exactly one of "availability"',
    ],
    ['availability that is off', { basic_sli: [{ availability: [{ enabled: false }] }] }, 'must be true'],
    [
      'a threshold in milliseconds',
      { basic_sli: [{ latency: [{ threshold: '200ms' }] }] },
      'is not a duration',
    ],
    [
      'a ratio of one filter',
      { basic_sli: [], request_based_sli: [{ good_total_ratio: [{ good_service_filter: 'x' }] }] },
      'exactly two filters',
    ],
    ['windows', { basic_sli: [], windows_based_sli: [{}] }, 'not modelled in the local cloud'],
    ['a project outside of the local cloud', { project: 'production' }, 'not in the local cloud'],
  ])('is refused by its configuration alone: %s', (_, attributes, summary) => {
    expect(slo.validate?.(objective(attributes))).toMatchObject([
      { severity: 'error', summary: expect.stringContaining(summary) },
    ]);
  });

  test('is not refused for what is not known yet', () => {
    expect(
      slo.validate?.({ goal: UNKNOWN, rolling_period_days: UNKNOWN, slo_id: UNKNOWN, basic_sli: UNKNOWN }),
    ).toEqual([]);
  });
});

describe('an alert on an objective', () => {
  test('selects its data by name', async () => {
    const filter = `select_slo_burn_rate("\${${SLO}.name}", "3600s")`;
    await applyAndSettle(workspace, objectives({}, { ...services(), ...burning(filter) }));
    expect(monitoring.alertPolicies()[0]?.conditions[0]?.conditionThreshold?.filter).toBe(
      'select_slo_burn_rate("projects/local-test/services/gateway/serviceLevelObjectives/availability", "3600s")',
    );
  });

  test('is refused while the objective does not exist', async () => {
    const name = 'projects/local-test/services/gateway/serviceLevelObjectives/nothing';
    await workspace.configure({ resource: burning(`select_slo_burn_rate("${name}", "3600s")`) });
    const { ok, diagnostics } = await workspace.apply();
    expect(ok).toBe(false);
    expect(diagnostics[0]?.summary).toContain(`Error 404: The objective "${name}" does not exist`);
  });

  test.each(['select_slo_burn_rate(projects/x, 3600s)', 'select_slo_burn_rate("x") AND resource.type="y"'])(
    'is refused with the filter %s',
    (filter) => {
      const [condition] = burning(filter).google_monitoring_alert_policy.burning.conditions;
      expect(alertPolicy.validate?.({ conditions: [condition ?? {}] })).toMatchObject([
        { severity: 'error', summary: 'The filter is not a time-series selector' },
      ]);
    },
  );
});
