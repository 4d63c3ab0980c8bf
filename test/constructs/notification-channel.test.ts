import { TerraformVariable, type TerraformVariableConfig } from 'cdktf';
import { NotificationChannel } from '../../constructs';
import { resource, synth, testStack } from '../helpers/synth';

const CHANNEL = 'google_monitoring_notification_channel';

function withSecret(options: Partial<TerraformVariableConfig> = {}) {
  const stack = testStack();
  return {
    stack,
    secret: new TerraformVariable(stack, 'token', { type: 'string', sensitive: true, ...options }),
  };
}

describe('a notification channel', () => {
  test('by mail has the address of its construct, so that wrapping it moved nothing', () => {
    const stack = testStack();
    NotificationChannel.email(stack, 'on-call', 'on-call@example.com');
    const synthesized = synth(stack);
    expect(synthesized.resources[`${CHANNEL}.on-call`]).toMatchObject({
      display_name: 'shop on-call',
      type: 'email',
      labels: { email_address: 'on-call@example.com' },
      depends_on: ['google_project_service.api-monitoring'],
    });
  });

  test('in Slack takes its token from a variable, into a label that is not printed', () => {
    const { stack, secret } = withSecret();
    NotificationChannel.slack(stack, 'slack', { channel: '#incidents', authToken: secret });
    expect(resource(synth(stack), CHANNEL)).toMatchObject({
      type: 'slack',
      labels: { channel_name: '#incidents' },
      sensitive_labels: { auth_token: '${var.token}' },
    });
  });

  test('to a web server takes its password from a variable, into a label that is not printed', () => {
    const { stack, secret } = withSecret();
    const url = 'https://example.com/alerts';
    NotificationChannel.webhook(stack, 'pager', { url, username: 'monitoring', password: secret });
    expect(resource(synth(stack), CHANNEL)).toMatchObject({
      type: 'webhook_basicauth',
      labels: { url, username: 'monitoring' },
      sensitive_labels: { password: '${var.token}' },
    });
  });

  test.each([
    [{ sensitive: false }, 'is not sensitive'],
    [{ default: 'xoxb-1' }, 'has a default, which is written into the stack'],
  ])('is refused a secret from a variable with %j', (options, problem) => {
    const { stack, secret } = withSecret(options);
    const write = "write new TerraformVariable(this, 'token', { type: 'string', sensitive: true })";
    expect(() =>
      NotificationChannel.slack(stack, 'slack', { channel: '#incidents', authToken: secret }),
    ).toThrow(`TCR050 at shop/slack: 'authToken' is a secret, and the variable 'token' ${problem}; ${write}`);
    expect(() =>
      NotificationChannel.webhook(stack, 'pager', { url: 'https://x', username: 'me', password: secret }),
    ).toThrow(`TCR050 at shop/pager: 'password' is a secret`);
  });

  test('is refused an address that cannot be reached', () => {
    const { stack, secret } = withSecret();
    expect(() => NotificationChannel.email(stack, 'mail', 'on-call')).toThrow(
      "TCR051 at shop/mail: got 'on-call', allowed is an e-mail address, such as 'on-call@example.com'",
    );
    expect(() =>
      NotificationChannel.slack(stack, 'slack', { channel: 'incidents', authToken: secret }),
    ).toThrow("TCR051 at shop/slack: got 'incidents', allowed is a Slack channel, such as '#incidents'");
    expect(() =>
      NotificationChannel.webhook(stack, 'hook', { url: 'http://x', username: 'me', password: secret }),
    ).toThrow("TCR051 at shop/hook: got 'http://x', allowed is an address that starts with 'https://'");
  });
});
