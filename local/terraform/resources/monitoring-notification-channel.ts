/** google_monitoring_notification_channel. */

import type { Monitoring, NotificationChannelSettings } from '../../monitoring/monitoring';
import type { NotificationChannel } from '../../monitoring/resources';
import type { Attributes, Diagnostic, ResourceType } from '../resource-type';
import { ResourceError } from '../resource-type';
import { ApiObjectCodec } from './api-object-codec';
import {
  blocks,
  isSet,
  projectDiagnostics,
  goneError,
  planDefaults,
  refusal,
  refuseErrors,
  requiredText,
  text,
} from './attributes';
import { isObject } from '../values';

interface ChannelProducts {
  readonly monitoring: Monitoring;
}

/**
 * The labels that each type of channel needs, sensitive ones included:
 * https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.notificationChannelDescriptors
 */
const REQUIRED_LABELS: Readonly<Record<string, readonly string[]>> = {
  email: ['email_address'],
  google_chat: ['space'],
  pagerduty: ['service_key'],
  pubsub: ['topic'],
  slack: ['channel_name', 'auth_token'],
  sms: ['number'],
  webhook_basicauth: ['url', 'username', 'password'],
  webhook_tokenauth: ['url'],
};

const SENSITIVE_LABELS = ['auth_token', 'password', 'service_key'];

const codec = new ApiObjectCodec<NotificationChannelSettings>({
  type: 'value',
  display_name: { default: '' },
  description: { default: '' },
  enabled: { default: true },
  labels: 'value',
  sensitive_labels: { one: { auth_token: 'value', password: 'value', service_key: 'value' } },
  user_labels: 'value',
});

const DEFAULTS = { enabled: true, force_delete: false };

/** `google_monitoring_notification_channel`. Only the project is ForceNew in the real provider: the type is not. */
export const notificationChannel: ResourceType<ChannelProducts> = {
  type: 'google_monitoring_notification_channel',
  replaceOn: ['project'],
  defaults: Object.keys(DEFAULTS),
  sensitive: SENSITIVE_LABELS.map((label) => `sensitive_labels.${label}`),
  validate: validateChannel,

  plan(planned, request) {
    planDefaults(planned, request, DEFAULTS);
  },

  async create(planned, { products: { monitoring } }) {
    refuseErrors(validateChannel(planned));
    const settings = codec.toApi(planned);
    const channel = monitoring.createNotificationChannel(requiredText(planned, 'project'), settings);
    return attributesOf(channel, planned);
  },

  async read(state, { products: { monitoring } }) {
    const channel = monitoring.notificationChannel(requiredText(state, 'name'));
    return channel ? attributesOf(channel, state) : null;
  },

  async update(planned, prior, { products: { monitoring } }) {
    refuseErrors(validateChannel(planned));
    const name = requiredText(prior, 'name');
    const settings = codec.toApi(planned);
    const channel = monitoring.updateNotificationChannel(name, settings);
    if (!channel) throw goneError(`The notification channel ${name}`);
    return attributesOf(channel, planned);
  },

  async delete(state, { products: { monitoring } }) {
    const name = requiredText(state, 'name');
    const [policy] = monitoring.policiesNotifying(name);
    if (policy && state['force_delete'] !== true) {
      throw new ResourceError(
        `Error 400: The notification channel ${name} is used by the alert policy "${policy.displayName}" (${policy.name})`,
        { detail: 'Take it out of the policy first, or set "force_delete".' },
      );
    }
    monitoring.deleteNotificationChannel(name);
  },
};

function validateChannel(config: Attributes): Diagnostic[] {
  const diagnostics = projectDiagnostics(config);
  const type = text(config, 'type');
  const required = type === undefined ? [] : REQUIRED_LABELS[type];
  if (!required) {
    return [
      ...diagnostics,
      {
        severity: 'error',
        summary: `"${type}" is not a type of notification channel`,
        detail: `Write one of ${Object.keys(REQUIRED_LABELS).join(', ')}.`,
        path: ['type'],
      },
    ];
  }
  const { labels } = config;
  const sensitive = blocks(config, 'sensitive_labels')[0];
  const set = (label: string) => ({
    plainly: isObject(labels) && isSet(labels, label),
    sensitively: sensitive !== undefined && isSet(sensitive, label),
  });
  for (const label of SENSITIVE_LABELS.filter((each) => set(each).plainly && set(each).sensitively)) {
    diagnostics.push(
      refusal(
        ['labels'],
        `The label "${label}" is set twice`,
        'Write it in "labels" or in "sensitive_labels", not in both.',
      ),
    );
  }
  const known =
    (!isSet(config, 'labels') || isObject(labels)) && (!isSet(config, 'sensitive_labels') || sensitive);
  const missing = known ? required.filter((label) => !set(label).plainly && !set(label).sensitively) : [];
  for (const label of missing) {
    const block = SENSITIVE_LABELS.includes(label) ? 'sensitive_labels' : 'labels';
    diagnostics.push(
      refusal(
        ['labels'],
        `A channel of type "${type}" needs the label "${label}"`,
        `Write ${block} = { ${label} = "..." }.`,
      ),
    );
  }
  return diagnostics;
}

function attributesOf(channel: NotificationChannel, prior: Attributes): Attributes {
  const { name } = channel;
  // The API reports a status only for channels that somebody has verified, and nobody can here.
  return { ...prior, ...codec.toAttributes(channel, prior), id: name, name, verification_status: null };
}
