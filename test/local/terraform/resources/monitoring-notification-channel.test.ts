import { Monitoring } from '../../../../local/monitoring/monitoring';
import { UNKNOWN } from '../../../../local/terraform/resource-type';
import { notificationChannel } from '../../../../local/terraform/resources/monitoring-notification-channel';
import { applyAndSettle, lifecycle, succeeded, TerraformWorkspace } from '../../../helpers/terraform';

const CHANNEL = 'google_monitoring_notification_channel.mail';

let monitoring: Monitoring;
let workspace: TerraformWorkspace;

beforeEach(async () => {
  monitoring = new Monitoring();
  workspace = await TerraformWorkspace.open({
    products: { monitoring },
    resourceTypes: [notificationChannel],
  });
});

afterEach(() => workspace.dispose());

const channels = (attributes: object = {}) => ({
  resource: {
    google_monitoring_notification_channel: {
      mail: { type: 'email', labels: { email_address: 'someone@example.com' }, ...attributes },
    },
  },
});

describe('google_monitoring_notification_channel', () => {
  test('lives from creation through update and replacement to destruction', async () => {
    const { created } = await lifecycle(workspace, {
      create: channels(),
      update: {
        config: channels({ display_name: 'On call', labels: { email_address: 'other@example.com' } }),
        changed: { [CHANNEL]: ['display_name', 'labels.email_address'] },
      },
      replace: {
        config: channels({ project: 'local-other' }),
        replaced: { [CHANNEL]: ['project'] },
      },
    });

    const name = created[CHANNEL]?.['name'];
    expect(name).toMatch(/^projects\/local-test\/notificationChannels\/\d+$/);
    expect(created[CHANNEL]).toMatchObject({ id: name, enabled: true, force_delete: false });
    expect(monitoring.notificationChannel(String(name))).toBeUndefined();
  });

  test('hides its credentials', async () => {
    const config = channels({
      type: 'pagerduty',
      labels: null,
      sensitive_labels: [{ service_key: 'do-not-print-me' }],
    });
    await applyAndSettle(workspace, config);

    await workspace.configure({
      resource: {
        google_monitoring_notification_channel: {
          mail: {
            ...config.resource.google_monitoring_notification_channel.mail,
            sensitive_labels: [{ service_key: 'x' }],
          },
        },
      },
    });
    const { text } = succeeded(await workspace.run('plan', '-no-color'));

    expect(text).toContain('(sensitive value)');
    expect(text).not.toContain('do-not-print-me');
  });

  test('shows what was changed behind its back, and that it is gone', async () => {
    // GIVEN
    await applyAndSettle(workspace, channels());
    const name = String((await workspace.state())[CHANNEL]?.['name']);

    // WHEN
    monitoring.updateNotificationChannel(name, {
      type: 'email',
      labels: { email_address: 'a@example.com' },
      enabled: false,
    });

    // THEN
    expect(succeeded(await workspace.plan()).changedPaths).toEqual({
      [CHANNEL]: ['enabled', 'labels.email_address'],
    });

    // WHEN
    monitoring.deleteNotificationChannel(name);

    // THEN
    expect(succeeded(await workspace.plan()).actions).toEqual({ [CHANNEL]: 'create' });
  });

  test.each([false, true])('in use is deleted only by force: %s', async (force) => {
    // GIVEN a policy of somebody else that uses the channel
    await applyAndSettle(workspace, channels({ force_delete: force }));
    const name = String((await workspace.state())[CHANNEL]?.['name']);
    monitoring.createAlertPolicy('local-test', {
      displayName: 'Theirs',
      combiner: 'OR',
      conditions: [],
      notificationChannels: [name],
    });

    // WHEN
    const { ok, diagnostics } = await workspace.destroy();

    // THEN
    expect(ok).toBe(force);
    const refused = diagnostics.filter(({ summary }) =>
      summary.includes('is used by the alert policy "Theirs"'),
    );
    expect(refused).toHaveLength(force ? 0 : 1);
    expect(monitoring.alertPolicies()[0]?.notificationChannels).toEqual(force ? [] : [name]);
  });

  test.each([
    ['an unknown type', { type: 'pigeon' }, 'is not a type of notification channel'],
    ['no e-mail address', { labels: {} }, 'needs the label "email_address"'],
    [
      'a credential in two places',
      { type: 'pagerduty', labels: { service_key: 'a' }, sensitive_labels: [{ service_key: 'a' }] },
      'set twice',
    ],
    ['a project outside of the local cloud', { project: 'production' }, 'not in the local cloud'],
  ])('is refused by its configuration alone: %s', (_, attributes, summary) => {
    const config = { type: 'email', labels: { email_address: 'someone@example.com' } };

    expect(notificationChannel.validate?.({ ...config, ...attributes })).toMatchObject([
      { severity: 'error', summary: expect.stringContaining(summary) },
    ]);
  });

  test('is not refused for what is not known yet', () => {
    expect(notificationChannel.validate?.({ type: 'email', labels: UNKNOWN })).toEqual([]);
    expect(notificationChannel.validate?.({ type: UNKNOWN, labels: {} })).toEqual([]);
  });
});
