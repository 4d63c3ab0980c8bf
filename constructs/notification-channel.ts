import { MonitoringNotificationChannel } from '@cdktf/provider-google/lib/monitoring-notification-channel';
import { type TerraformVariable, Token } from 'cdktf';
import { Construct } from 'constructs';
import { enableApi } from './google-project';
import { ValidationError } from './validation';

/** Somebody who is told about alerts: what this file makes, or a channel of the google provider. */
export interface INotificationChannel {
  /** Resource name: `projects/P/notificationChannels/N`. */
  readonly id: string;
}

export interface SlackChannelOptions {
  /** Such as `#incidents`. */
  readonly channel: string;
  /** Token of the Slack app of Google Cloud Monitoring; the variable must be sensitive and have no default. */
  readonly authToken: TerraformVariable;
}

export interface WebhookOptions {
  /** Address that takes the incident as JSON; https only. */
  readonly url: string;
  /** User of HTTP's basic authentication. */
  readonly username: string;
  /** Password of HTTP's basic authentication; the variable must be sensitive and have no default. */
  readonly password: TerraformVariable;
}

/**
 * Types and labels of https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.notificationChannelDescriptors;
 * labels that are secret go to `sensitiveLabels`, which Terraform does not print.
 */
interface ChannelSettings {
  readonly type: 'email' | 'slack' | 'webhook_basicauth';
  readonly labels: Readonly<Record<string, string>>;
  readonly sensitiveLabels?: { readonly authToken?: string; readonly password?: string };
}

/** Who is told about alerts, and how. Secrets come in sensitive Terraform variables, never as text. */
export class NotificationChannel extends Construct implements INotificationChannel {
  /** Mail. Throws TCR051 for what is no address. */
  static email(scope: Construct, id: string, address: string): NotificationChannel {
    checkAddress(
      scope,
      id,
      address,
      /^[^@\s]+@[^@\s]+\.[^@\s]+$/,
      "an e-mail address, such as 'on-call@example.com'",
    );
    return new NotificationChannel(scope, id, { type: 'email', labels: { email_address: address } });
  }

  /** A message in Slack. Throws TCR051 for what is no channel, TCR050 for a token that is not kept secret. */
  static slack(scope: Construct, id: string, options: SlackChannelOptions): NotificationChannel {
    checkAddress(scope, id, options.channel, /^#\S+$/, "a Slack channel, such as '#incidents'");
    return new NotificationChannel(scope, id, {
      type: 'slack',
      labels: { channel_name: options.channel },
      sensitiveLabels: { authToken: secret(scope, id, 'authToken', options.authToken) },
    });
  }

  /** A POST to a web server. Throws TCR051 for an address without https, TCR050 for a password that is not kept secret. */
  static webhook(scope: Construct, id: string, options: WebhookOptions): NotificationChannel {
    checkAddress(scope, id, options.url, /^https:\/\/\S+$/, "an address that starts with 'https://'");
    return new NotificationChannel(scope, id, {
      type: 'webhook_basicauth',
      labels: { url: options.url, username: options.username },
      sensitiveLabels: { password: secret(scope, id, 'password', options.password) },
    });
  }

  readonly id: string;

  private constructor(scope: Construct, id: string, settings: ChannelSettings) {
    super(scope, id);
    const channel = new MonitoringNotificationChannel(this, 'Default', {
      ...settings,
      displayName: `${scope.node.id} ${id}`,
      dependsOn: [enableApi(this, 'monitoring')],
    });
    this.id = channel.id;
  }
}

/** Names of the channels as an alert policy takes them. Throws TCR052 when there is none. */
export function channelIds(path: string, notify: readonly INotificationChannel[]): string[] {
  if (notify.length > 0) return notify.map(({ id }) => id);
  throw new ValidationError(
    'TCR052',
    path,
    "'notify' is empty, so nobody would be told; " +
      "write notify: [NotificationChannel.email(this, 'on-call', 'on-call@example.com')]",
  );
}

function checkAddress(scope: Construct, id: string, got: string, pattern: RegExp, allowed: string): void {
  if (Token.isUnresolved(got) || pattern.test(got)) return;
  throw new ValidationError('TCR051', `${scope.node.path}/${id}`, `got '${got}', allowed is ${allowed}`);
}

function secret(scope: Construct, id: string, option: string, variable: TerraformVariable): string {
  if (variable.sensitive === true && variable.default === undefined) return variable.stringValue;
  throw new ValidationError(
    'TCR050',
    `${scope.node.path}/${id}`,
    `'${option}' is a secret, and the variable '${variable.node.id}' ` +
      `${variable.default === undefined ? 'is not sensitive' : 'has a default, which is written into the stack'}; ` +
      `write new TerraformVariable(this, '${variable.node.id}', { type: 'string', sensitive: true })`,
  );
}
