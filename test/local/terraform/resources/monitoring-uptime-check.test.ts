import { LogMetrics } from '../../../../local/logging/log-metrics';
import { Monitoring } from '../../../../local/monitoring/monitoring';
import { type Attributes, UNKNOWN } from '../../../../local/terraform/resource-type';
import { alertPolicy } from '../../../../local/terraform/resources/monitoring-alert-policy';
import { uptimeCheck } from '../../../../local/terraform/resources/monitoring-uptime-check';
import { applyAndSettle, lifecycle, succeeded, TerraformWorkspace } from '../../../helpers/terraform';

const CHECK = 'google_monitoring_uptime_check_config.gateway';

let monitoring: Monitoring;
let workspace: TerraformWorkspace;

beforeEach(async () => {
  monitoring = new Monitoring();
  workspace = await TerraformWorkspace.open({
    products: { monitoring, logMetrics: new LogMetrics() },
    resourceTypes: [alertPolicy, uptimeCheck],
  });
});

afterEach(() => workspace.dispose());

const check = (attributes: Attributes = {}): Attributes => ({
  display_name: 'Gateway answers',
  timeout: '10s',
  monitored_resource: [{ type: 'uptime_url', labels: { host: 'gateway.example.com' } }],
  http_check: [{ use_ssl: true }],
  ...attributes,
});

const checks = (attributes: Attributes = {}, rest: object = {}) => ({
  resource: { google_monitoring_uptime_check_config: { gateway: check(attributes) }, ...rest },
});

const checkWithPassword = (password: string) =>
  checks({ http_check: [{ use_ssl: true, auth_info: [{ username: 'me', password }] }] });

describe('google_monitoring_uptime_check_config', () => {
  test('lives from creation through update and replacement to destruction', async () => {
    const { created } = await lifecycle(workspace, {
      create: checks(),
      update: {
        config: checks({ period: '60s', http_check: [{ use_ssl: true, path: '/health' }] }),
        changed: { [CHECK]: ['http_check.0.path', 'period'] },
      },
      replace: {
        config: checks({ monitored_resource: [{ type: 'uptime_url', labels: { host: 'example.com' } }] }),
        replaced: { [CHECK]: ['monitored_resource'] },
      },
    });

    const name = String(created[CHECK]?.['name']);
    expect(name).toMatch(/^projects\/local-test\/uptimeCheckConfigs\/gateway-answers-[0-9a-f]{8}$/);
    expect(created[CHECK]).toMatchObject({
      id: name,
      uptime_check_id: name.split('/').at(-1),
      period: '300s',
      checker_type: 'STATIC_IP_CHECKERS',
      http_check: [{ path: '/', port: 443, request_method: 'GET' }],
    });
    expect(monitoring.uptimeCheck(name)).toBeUndefined();
  });

  test('looks for content, and keeps the defaults of a matcher', async () => {
    await applyAndSettle(
      workspace,
      checks({ content_matchers: [{ content: 'ok' }], http_check: null, tcp_check: [{ port: 22 }] }),
    );
    expect((await workspace.state())[CHECK]).toMatchObject({
      content_matchers: [{ content: 'ok', matcher: 'CONTAINS_STRING' }],
      tcp_check: [{ port: 22 }],
    });
  });

  test('shows what was changed behind its back, that it is gone, and is imported by its name', async () => {
    // GIVEN
    await applyAndSettle(workspace, checks());
    const name = String((await workspace.state())[CHECK]?.['name']);
    const kept = monitoring.uptimeCheck(name);
    if (!kept) throw new Error('there is no check');

    // WHEN
    monitoring.putUptimeCheck({ ...kept, timeout: '5s' });

    // THEN
    expect(succeeded(await workspace.plan()).changedPaths).toEqual({ [CHECK]: ['timeout'] });

    // WHEN
    monitoring.deleteUptimeCheck(name);

    // THEN
    expect(succeeded(await workspace.plan()).actions).toEqual({ [CHECK]: 'create' });

    // WHEN it is somebody else's
    monitoring.putUptimeCheck(kept);
    await workspace.run('state', 'rm', CHECK);
    succeeded(await workspace.import(CHECK, name));

    // THEN
    expect(succeeded(await workspace.plan()).changedPaths).toEqual({});
  });

  test('is not deleted while an alert of somebody else uses it', async () => {
    // GIVEN
    await applyAndSettle(workspace, checks());
    const id = String((await workspace.state())[CHECK]?.['uptime_check_id']);
    const policy = monitoring.createAlertPolicy('local-test', {
      displayName: 'Theirs',
      combiner: 'OR',
      conditions: [
        {
          displayName: 'down',
          conditionThreshold: {
            filter: `metric.labels.check_id="${id}"`,
            comparison: 'COMPARISON_GT',
            duration: '60s',
          },
        },
      ],
    });

    // WHEN
    const refused = await workspace.destroy();

    // THEN
    expect(refused.ok).toBe(false);
    expect(refused.diagnostics.map(({ summary }) => summary).join()).toContain(
      `The alert policy "Theirs" (${policy.name}) is using it`,
    );

    // WHEN
    monitoring.deleteAlertPolicy(policy.name);

    // THEN
    succeeded(await workspace.destroy());
  });

  test('is replaced with its alert when the alert is told to go first', async () => {
    // GIVEN
    const policies = {
      google_monitoring_alert_policy: {
        down: {
          display_name: 'Down',
          combiner: 'OR',
          conditions: [
            {
              display_name: 'down',
              condition_threshold: [
                {
                  filter:
                    'metric.type="monitoring.googleapis.com/uptime_check/check_passed" AND ' +
                    `resource.type="uptime_url" AND metric.labels.check_id="\${${CHECK}.uptime_check_id}"`,
                  comparison: 'COMPARISON_GT',
                  threshold_value: 1,
                  duration: '60s',
                },
              ],
            },
          ],
          lifecycle: { replace_triggered_by: [CHECK] },
        },
      },
    };
    await applyAndSettle(workspace, checks({}, policies));

    // WHEN
    const resource = [{ type: 'uptime_url', labels: { host: 'example.com' } }];
    await applyAndSettle(workspace, checks({ monitored_resource: resource }, policies));

    // THEN
    const id = String((await workspace.state())[CHECK]?.['uptime_check_id']);
    expect(monitoring.policiesWatching(id)).toHaveLength(1);
  });

  test('hides its password', async () => {
    await applyAndSettle(workspace, checkWithPassword('do-not-print-me'));
    await workspace.configure(checkWithPassword('nor-me'));
    const { text } = succeeded(await workspace.run('plan', '-no-color'));
    expect(text).not.toMatch(/do-not-print-me|nor-me/);
  });

  test.each<[string, Attributes, string]>([
    ['a timeout of two minutes', { timeout: '120s' }, 'cannot be a timeout'],
    ['a period of two minutes', { period: '120s' }, 'cannot be a period'],
    ['nothing to check', { monitored_resource: [] }, 'needs a "monitored_resource"'],
    [
      'a type that cannot be checked',
      { monitored_resource: [{ type: 'global', labels: {} }] },
      'cannot be checked',
    ],
    ['no host', { monitored_resource: [{ type: 'uptime_url', labels: {} }] }, 'needs the label "host"'],
    ['no probe', { http_check: [] }, 'either an "http_check" or a "tcp_check"'],
    ['two probes', { tcp_check: [{ port: 80 }] }, 'either an "http_check" or a "tcp_check"'],
    ['a GET with a body', { http_check: [{ body: 'eA==' }] }, 'A GET has no body'],
    [
      'long content',
      { content_matchers: [{ content: 'x'.repeat(1025) }] },
      'content to look for is too long',
    ],
    ['an unknown region', { selected_regions: ['MARS'] }, 'is not a region of uptime checks'],
    ['two locations', { selected_regions: ['EUROPE', 'USA_IOWA'] }, 'too few locations'],
    ['a group', { monitored_resource: [], resource_group: [{}] }, 'not modelled in the local cloud'],
    ['a project outside of the local cloud', { project: 'production' }, 'not in the local cloud'],
  ])('is refused by its configuration alone: %s', (_, attributes, summary) => {
    expect(uptimeCheck.validate?.(check(attributes))).toMatchObject([
      { severity: 'error', summary: expect.stringContaining(summary) },
    ]);
  });

  test.each<Attributes>([
    { selected_regions: ['USA'] },
    { selected_regions: UNKNOWN },
    { timeout: UNKNOWN, period: UNKNOWN, monitored_resource: UNKNOWN, http_check: UNKNOWN },
    { monitored_resource: [{ type: 'uptime_url', labels: UNKNOWN }] },
    { http_check: [{ body: 'eA==', request_method: 'POST' }] },
  ])('is taken with %j', (attributes) => {
    expect(uptimeCheck.validate?.(check(attributes))).toEqual([]);
  });
});
