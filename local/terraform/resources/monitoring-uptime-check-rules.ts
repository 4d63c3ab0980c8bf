/** What Google refuses in an uptime check, as far as it shows in the configuration alone. */

import type { Attributes, Diagnostic } from '../resource-type';
import { isObject } from '../values';
import { blocks, isSet, projectDiagnostics, refusal, text } from './attributes';

/** All limits: https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.uptimeCheckConfigs */
const PERIODS = ['60s', '300s', '600s', '900s'];
const MAX_TIMEOUT_SEC = 60;
const MAX_CONTENT_BYTES = 1024;
const MIN_LOCATIONS = 3;
/** Locations that each region has. */
const LOCATIONS: Readonly<Record<string, number>> = {
  USA: 3,
  USA_OREGON: 1,
  USA_IOWA: 1,
  USA_VIRGINIA: 1,
  EUROPE: 1,
  SOUTH_AMERICA: 1,
  ASIA_PACIFIC: 1,
};
const RESOURCE_TYPES = [
  'aws_ec2_instance',
  'aws_elb_load_balancer',
  'cloud_run_revision',
  'gae_app',
  'gce_instance',
  'k8s_service',
  'servicedirectory_service',
  'uptime_url',
];

/** Takes a configuration or plan, whose values may be unknown, and returns what is wrong with it. */
export function validateUptimeCheck(config: Attributes): Diagnostic[] {
  return [
    ...projectDiagnostics(config),
    ...validateTimes(config),
    ...validateTarget(config),
    ...validateProbe(config),
    ...validateRegions(config),
  ];
}

function validateTimes(config: Attributes): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const timeout = text(config, 'timeout');
  const seconds = Number(/^(\d+(?:\.\d+)?)s$/.exec(timeout ?? '')?.[1]);
  if (timeout !== undefined && !(seconds >= 1 && seconds <= MAX_TIMEOUT_SEC)) {
    diagnostics.push(
      refusal(['timeout'], `"${timeout}" cannot be a timeout`, `Write "1s" to "${MAX_TIMEOUT_SEC}s".`),
    );
  }
  const period = text(config, 'period');
  if (period !== undefined && !PERIODS.includes(period)) {
    diagnostics.push(
      refusal(['period'], `"${period}" cannot be a period`, `Write one of ${PERIODS.join(', ')}.`),
    );
  }
  return diagnostics;
}

function validateTarget(config: Attributes): Diagnostic[] {
  for (const name of ['resource_group', 'synthetic_monitor']) {
    if (!isSet(config, name)) continue;
    return [
      refusal(
        [name],
        `"${name}" is not modelled in the local cloud`,
        'Write a "monitored_resource" of type "uptime_url".',
      ),
    ];
  }
  if (!isSet(config, 'monitored_resource')) {
    return [
      refusal(
        ['monitored_resource'],
        'An uptime check needs a "monitored_resource"',
        'Write one of type "uptime_url" with the label "host".',
      ),
    ];
  }
  return blocks(config, 'monitored_resource').flatMap((resource) => {
    const path = ['monitored_resource', 0];
    const type = text(resource, 'type');
    if (type !== undefined && !RESOURCE_TYPES.includes(type)) {
      return [
        refusal(
          [...path, 'type'],
          `"${type}" cannot be checked`,
          `Write one of ${RESOURCE_TYPES.join(', ')}.`,
        ),
      ];
    }
    const { labels } = resource;
    if (type !== 'uptime_url' || !isObject(labels) || isSet(labels, 'host')) return [];
    return [
      refusal(
        [...path, 'labels'],
        'A resource of type "uptime_url" needs the label "host"',
        'Write labels = { host = "example.com" }.',
      ),
    ];
  });
}

function validateProbe(config: Attributes): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const probes = ['http_check', 'tcp_check'].filter((name) => isSet(config, name));
  if (probes.length !== 1) {
    diagnostics.push(
      refusal(
        ['http_check'],
        'An uptime check is either an "http_check" or a "tcp_check"',
        `It has ${probes.length === 0 ? 'neither' : 'both'}.`,
      ),
    );
  }
  const [http] = blocks(config, 'http_check');
  // A method that is not configured is GET.
  const method = http?.['request_method'] ?? 'GET';
  if (http && isSet(http, 'body') && method === 'GET') {
    diagnostics.push(
      refusal(['http_check', 0, 'body'], 'A GET has no body', 'Write request_method = "POST", or no "body".'),
    );
  }
  for (const [index, matcher] of blocks(config, 'content_matchers').entries()) {
    const bytes = Buffer.byteLength(text(matcher, 'content') ?? '');
    if (bytes <= MAX_CONTENT_BYTES) continue;
    diagnostics.push(
      refusal(
        ['content_matchers', index, 'content'],
        'The content to look for is too long',
        `It has ${bytes} bytes; allowed are ${MAX_CONTENT_BYTES}.`,
      ),
    );
  }
  return diagnostics;
}

function validateRegions(config: Attributes): Diagnostic[] {
  const given = config['selected_regions'];
  if (!Array.isArray(given) || given.length === 0) return [];
  const regions = given.filter((region) => typeof region === 'string');
  if (regions.length < given.length) return [];
  const unknown = regions.find((region) => LOCATIONS[region] === undefined);
  if (unknown !== undefined) {
    return [
      refusal(
        ['selected_regions'],
        `"${unknown}" is not a region of uptime checks`,
        `Write ${Object.keys(LOCATIONS).join(', ')}.`,
      ),
    ];
  }
  const locations = regions.reduce((sum, region) => sum + (LOCATIONS[region] ?? 0), 0);
  if (locations >= MIN_LOCATIONS) return [];
  return [
    refusal(
      ['selected_regions'],
      'The regions have too few locations',
      `Together they have ${locations}; at least ${MIN_LOCATIONS} are needed, and "USA" alone has 3. ` +
        'Without "selected_regions" it is all of them.',
    ),
  ];
}
