/** google_monitoring_uptime_check_config. */

import type { Monitoring } from '../../monitoring/monitoring';
import type { UptimeCheck } from '../../monitoring/resources';
import type { Attributes, ResourceType } from '../resource-type';
import { ResourceError } from '../resource-type';
import { ApiObjectCodec, type Fields } from './api-object-codec';
import { goneError, mapBlocks, planDefaults, refuseErrors, requiredText } from './attributes';
import { validateUptimeCheck } from './monitoring-uptime-check-rules';

interface UptimeCheckProducts {
  readonly monitoring: Monitoring;
}

const PING: Fields = { pings_count: 'value' };

const codec = new ApiObjectCodec<Omit<UptimeCheck, 'name'>>({
  display_name: 'value',
  period: 'value',
  timeout: 'value',
  checker_type: 'value',
  selected_regions: 'value',
  log_check_failures: { default: false },
  user_labels: 'value',
  monitored_resource: { one: { type: 'value', labels: 'value' } },
  content_matchers: {
    many: {
      content: 'value',
      matcher: 'value',
      json_path_matcher: { one: { json_path: 'value', json_matcher: 'value' } },
    },
  },
  http_check: {
    one: {
      path: 'value',
      port: 'value',
      request_method: 'value',
      use_ssl: { default: false },
      validate_ssl: { default: false },
      headers: 'value',
      mask_headers: { default: false },
      body: 'value',
      content_type: 'value',
      custom_content_type: 'value',
      auth_info: { one: { username: 'value', password: 'value' } },
      service_agent_authentication: { one: { type: 'value' } },
      accepted_response_status_codes: { many: { status_class: 'value', status_value: 'value' } },
      ping_config: { one: PING },
    },
  },
  tcp_check: { one: { port: 'value', ping_config: { one: PING } } },
});

const DEFAULTS = { period: '300s' };

/** `google_monitoring_uptime_check_config`. Nothing asks what it is to ask: nobody would see the alert. */
export const uptimeCheck: ResourceType<UptimeCheckProducts> = {
  type: 'google_monitoring_uptime_check_config',
  replaceOn: [
    'project',
    'checker_type',
    'http_check.request_method',
    'monitored_resource',
    'resource_group',
    'synthetic_monitor',
  ],
  defaults: [
    ...Object.keys(DEFAULTS),
    'http_check.path',
    'http_check.request_method',
    'content_matchers.matcher',
    'content_matchers.json_path_matcher.json_matcher',
  ],
  sensitive: ['http_check.auth_info.password'],
  validate: validateUptimeCheck,

  plan(planned, request) {
    planDefaults(planned, request, DEFAULTS);
    planned['checker_type'] ??= 'STATIC_IP_CHECKERS';
    mapBlocks(planned, 'http_check', (http) => {
      http['path'] ??= '/';
      http['request_method'] ??= 'GET';
      http['port'] ??= http['use_ssl'] === true ? 443 : 80;
      http['headers'] ??= {};
    });
    mapBlocks(planned, 'content_matchers', (matcher) => {
      matcher['matcher'] ??= 'CONTAINS_STRING';
      mapBlocks(matcher, 'json_path_matcher', (jsonPath) => {
        jsonPath['json_matcher'] ??= 'EXACT_MATCH';
      });
    });
  },

  async create(planned, { products: { monitoring } }) {
    refuseErrors(validateUptimeCheck(planned));
    const check = monitoring.createUptimeCheck(requiredText(planned, 'project'), codec.toApi(planned));
    return attributesOf(check, planned);
  },

  async read(state, { products: { monitoring } }) {
    const check = monitoring.uptimeCheck(requiredText(state, 'name'));
    return check ? attributesOf(check, state) : null;
  },

  async update(planned, prior, { products: { monitoring } }) {
    refuseErrors(validateUptimeCheck(planned));
    const name = requiredText(prior, 'name');
    if (!monitoring.uptimeCheck(name)) throw goneError(`The uptime check ${name}`);
    return attributesOf(monitoring.putUptimeCheck({ ...codec.toApi(planned), name }), planned);
  },

  async delete(state, { products: { monitoring } }) {
    const name = requiredText(state, 'name');
    const [policy] = monitoring.policiesWatching(idOf(name));
    if (policy) {
      throw new ResourceError(
        `Error 400: Cannot delete check ${name}. The alert policy "${policy.displayName}" (${policy.name}) is using it`,
        {
          detail:
            'Delete the policy first. Where the check is replaced, write lifecycle { replace_triggered_by = [...] } with the check in the policy.',
        },
      );
    }
    monitoring.deleteUptimeCheck(name);
  },

  async import(id, { products: { monitoring } }) {
    const [, project] = /^projects\/([^/]+)\/uptimeCheckConfigs\/[^/]+$/.exec(id) ?? [];
    const check = monitoring.uptimeCheck(id);
    if (!check || project === undefined) return null;
    return attributesOf(check, { project, log_check_failures: null });
  },
};

function idOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function attributesOf(check: UptimeCheck, prior: Attributes): Attributes {
  const { name } = check;
  return { ...prior, ...codec.toAttributes(check, prior), id: name, name, uptime_check_id: idOf(name) };
}
