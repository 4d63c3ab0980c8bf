/** google_monitoring_alert_policy. */

import type { LogMetrics } from '../../logging/log-metrics';
import { missingLogMetrics } from '../../monitoring/log-metric-references';
import type { AlertPolicySettings, Monitoring } from '../../monitoring/monitoring';
import type { AlertPolicy } from '../../monitoring/resources';
import type { Attributes, ResourceType } from '../resource-type';
import { ResourceError } from '../resource-type';
import { ApiObjectCodec, type Fields } from './api-object-codec';
import { goneError, planDefaults, refuseErrors, requiredText } from './attributes';
import { warnOfConditions } from './not-evaluated';
import { selectedObjective, validateAlertPolicy } from './monitoring-alert-policy-rules';

interface AlertPolicyProducts {
  readonly monitoring: Monitoring;
  readonly logMetrics: LogMetrics;
}

const AGGREGATION: Fields = {
  alignment_period: 'value',
  per_series_aligner: 'value',
  cross_series_reducer: 'value',
  group_by_fields: 'value',
};

const TRIGGER: Fields = { count: 'value', percent: 'value' };

const codec = new ApiObjectCodec<AlertPolicySettings>({
  display_name: 'value',
  combiner: 'value',
  enabled: { default: true },
  severity: 'value',
  notification_channels: 'value',
  user_labels: 'value',
  documentation: {
    one: {
      content: 'value',
      mime_type: { default: 'text/markdown' },
      subject: 'value',
      links: { many: { display_name: 'value', url: 'value' } },
    },
  },
  alert_strategy: {
    one: {
      auto_close: 'value',
      notification_prompts: 'value',
      notification_rate_limit: { one: { period: 'value' } },
      notification_channel_strategy: {
        many: { notification_channel_names: 'value', renotify_interval: 'value' },
      },
    },
  },
  conditions: {
    many: {
      name: 'value',
      display_name: 'value',
      condition_threshold: {
        one: {
          filter: 'value',
          aggregations: { many: AGGREGATION },
          denominator_filter: 'value',
          denominator_aggregations: { many: AGGREGATION },
          comparison: 'value',
          threshold_value: 'value',
          duration: 'value',
          trigger: { one: TRIGGER },
          evaluation_missing_data: 'value',
          forecast_options: { one: { forecast_horizon: 'value' } },
        },
      },
      condition_absent: {
        one: {
          filter: 'value',
          aggregations: { many: AGGREGATION },
          duration: 'value',
          trigger: { one: TRIGGER },
        },
      },
      condition_matched_log: { one: { filter: 'value', label_extractors: 'value' } },
      condition_prometheus_query_language: {
        one: {
          query: 'value',
          duration: 'value',
          evaluation_interval: 'value',
          labels: 'value',
          rule_group: 'value',
          alert_rule: 'value',
          disable_metric_validation: { default: false },
        },
      },
    },
  },
});

const DEFAULTS = { enabled: true };

/** `google_monitoring_alert_policy`. */
export const alertPolicy: ResourceType<AlertPolicyProducts> = {
  type: 'google_monitoring_alert_policy',
  replaceOn: ['project'],
  defaults: Object.keys(DEFAULTS),
  validate(config) {
    const diagnostics = validateAlertPolicy(config);
    return diagnostics.length > 0 ? diagnostics : warnOfConditions(config);
  },

  plan(planned, request) {
    planDefaults(planned, request, DEFAULTS);
  },

  async create(planned, { products }) {
    const project = requiredText(planned, 'project');
    const settings = settingsOf(planned, project, products);
    return attributesOf(products.monitoring.createAlertPolicy(project, settings), planned);
  },

  async read(state, { products: { monitoring } }) {
    const policy = monitoring.alertPolicy(requiredText(state, 'name'));
    return policy ? attributesOf(policy, state) : null;
  },

  async update(planned, prior, { products }) {
    const name = requiredText(prior, 'name');
    const settings = settingsOf(planned, requiredText(prior, 'project'), products);
    const policy = products.monitoring.updateAlertPolicy(name, settings);
    if (!policy) throw goneError(`The alert policy ${name}`);
    return attributesOf(policy, planned);
  },

  async delete(state, { products: { monitoring } }) {
    monitoring.deleteAlertPolicy(requiredText(state, 'name'));
  },
};

/** The policy's settings, if the metrics and channels that they refer to exist. */
function settingsOf(
  planned: Attributes,
  projectId: string,
  { monitoring, logMetrics }: AlertPolicyProducts,
): AlertPolicySettings {
  refuseErrors(validateAlertPolicy(planned));
  const settings = codec.toApi(planned);

  const metricNames = logMetrics.list(projectId).map(({ name }) => name);
  for (const [index, condition] of settings.conditions.entries()) {
    refuseMissingObjective(condition, index, monitoring);
    const [missing] = missingLogMetrics(condition, metricNames);
    if (missing === undefined) continue;
    throw new ResourceError(
      `Error 404: Cannot find metric(s) that match type = "logging.googleapis.com/user/${missing}", in the condition ` +
        `"${condition.displayName}"`,
      {
        detail:
          'Name the google_logging_metric in "depends_on". Google makes a new metric available only minutes later, so ' +
          'against Google also use a PromQL condition with "disable_metric_validation".',
        path: ['conditions', index],
      },
    );
  }
  const strategies = settings.alertStrategy?.notificationChannelStrategy ?? [];
  const channels = [
    ...(settings.notificationChannels ?? []),
    ...strategies.flatMap(({ notificationChannelNames = [] }) => notificationChannelNames),
  ];
  for (const channel of channels.filter((name) => !monitoring.notificationChannel(name))) {
    throw new ResourceError(`Error 404: The notification channel "${channel}" does not exist`, {
      detail: 'Write the "name" of a google_monitoring_notification_channel.',
      path: ['notification_channels'],
    });
  }
  return settings;
}

function refuseMissingObjective(
  { displayName, conditionThreshold }: AlertPolicySettings['conditions'][number],
  index: number,
  monitoring: Monitoring,
): void {
  const objective = selectedObjective(conditionThreshold?.filter ?? '');
  if (objective === undefined || monitoring.objective(objective)) return;
  throw new ResourceError(
    `Error 404: The objective "${objective}" does not exist, in the condition "${displayName}"`,
    {
      detail: 'Write the "name" of a google_monitoring_slo.',
      path: ['conditions', index],
    },
  );
}

function attributesOf(policy: AlertPolicy, prior: Attributes): Attributes {
  const { name, creationRecord } = policy;
  return {
    ...prior,
    ...codec.toAttributes(policy, prior),
    id: name,
    name,
    creation_record: [{ mutate_time: creationRecord.mutateTime, mutated_by: creationRecord.mutatedBy }],
  };
}
