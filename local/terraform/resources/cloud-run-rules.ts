/** What the configuration of a google_cloud_run_v2_service must be like. */

import { RESERVED_VARIABLES } from '../../run/container-environment';
import type { Attributes, Diagnostic } from '../resource-type';
import { blocks, isSet, projectDiagnostics, refusal, text } from './attributes';
import { limitsDiagnostics } from './cloud-run-limits';
import { PROBE_DEFAULTS, portOf } from './cloud-run-template';

type Path = readonly (string | number)[];

/** cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/create: at most 49 characters. */
const NAME = /^[a-z](?:[a-z0-9-]{0,47}[a-z0-9])?$/;

/** cloud.google.com/run/docs/configuring/request-timeout */
const MAX_TIMEOUT_SEC = 3600;

/** cloud.google.com/run/docs/about-concurrency */
const MAX_CONCURRENCY = 1000;

/** cloud.google.com/run/docs/configuring/healthchecks: the startup probe may take 240 s in all. */
const MAX_STARTUP_SEC = 240;

/** Parts that change what a service does and that are not modelled. */
const NOT_MODELLED = {
  service: ['binary_authorization', 'build_config'],
  template: [
    'encryption_key',
    'gpu_zonal_redundancy_disabled',
    'node_selector',
    'revision',
    'volumes',
    'vpc_access',
  ],
  container: ['base_image_uri', 'depends_on', 'volume_mounts', 'working_dir'],
} as const;

/** Everything that Cloud Run refuses of a service, and what is not modelled. Values may be UNKNOWN. */
export function validateService(config: Attributes): Diagnostic[] {
  return [
    ...projectDiagnostics(config),
    ...notModelled(config, NOT_MODELLED.service, []),
    ...validateName(config),
    ...validateScalingMode(config),
    ...validateTraffic(config),
    ...blocks(config, 'template').flatMap((template) => validateTemplate(template, ['template', 0])),
  ];
}

function validateName(config: Attributes): Diagnostic[] {
  const name = text(config, 'name');
  if (name === undefined || NAME.test(name)) return [];
  return [
    refusal(
      ['name'],
      `"${name}" cannot be a Cloud Run service's name`,
      `It has ${name.length} characters. Allowed are at most 49 lower-case letters, digits and hyphens, starting with a ` +
        'letter and not ending with a hyphen.',
    ),
  ];
}

function validateScalingMode(config: Attributes): Diagnostic[] {
  return blocks(config, 'scaling').flatMap((scaling) =>
    notModelled(scaling, ['manual_instance_count', 'scaling_mode'], ['scaling', 0]).filter(
      () => scaling['scaling_mode'] !== 'AUTOMATIC',
    ),
  );
}

function validateTraffic(config: Attributes): Diagnostic[] {
  return blocks(config, 'traffic').flatMap((target, index) => {
    const path = ['traffic', index];
    const isLatest = target['type'] === 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST' || !isSet(target, 'type');
    const isWhole = target['percent'] === 100 || typeof target['percent'] === 'symbol';
    return [
      ...notModelled(target, ['revision', 'tag'], path),
      ...(isLatest && isWhole
        ? []
        : [
            refusal(
              path,
              'A traffic split is not modelled in the local cloud',
              'All traffic goes to the latest revision here: write type = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST" and ' +
                'percent = 100, or leave "traffic" out.',
            ),
          ]),
    ];
  });
}

function validateTemplate(template: Attributes, path: Path): Diagnostic[] {
  const containers = blocks(template, 'containers');
  return [
    ...notModelled(template, NOT_MODELLED.template, path),
    ...validateTimeout(template, path),
    ...between(template, 'max_instance_request_concurrency', 0, MAX_CONCURRENCY, path),
    ...blocks(template, 'scaling').flatMap((scaling) => validateScaling(scaling, [...path, 'scaling', 0])),
    ...(containers.length > 1
      ? [
          refusal(
            [...path, 'containers', 1],
            'More than one container is not modelled in the local cloud',
            `This template has ${containers.length}. Leave the sidecars out of the stack that you deploy locally.`,
          ),
        ]
      : []),
    ...containers
      .slice(0, 1)
      .flatMap((container) => [
        ...validateContainer(container, [...path, 'containers', 0]),
        ...limitsDiagnostics(container, template, [...path, 'containers', 0]),
      ]),
  ];
}

function validateTimeout(template: Attributes, path: Path): Diagnostic[] {
  const timeout = text(template, 'timeout');
  const seconds = timeout === undefined ? 1 : Number(/^(\d+(?:\.\d{1,9})?)s$/.exec(timeout)?.[1]);
  if (seconds > 0 && seconds <= MAX_TIMEOUT_SEC) return [];
  return [
    refusal(
      [...path, 'timeout'],
      `"${timeout}" cannot be a request timeout`,
      `Write seconds, more than 0 and at most ${MAX_TIMEOUT_SEC}, such as "60s".`,
    ),
  ];
}

function validateScaling(scaling: Attributes, path: Path): Diagnostic[] {
  const [min, max] = [scaling['min_instance_count'], scaling['max_instance_count']];
  if (typeof min !== 'number' || typeof max !== 'number' || max === 0 || min <= max) return [];
  return [
    refusal(
      [...path, 'min_instance_count'],
      `min_instance_count ${min} is more than max_instance_count ${max}`,
      'Raise the one or lower the other.',
    ),
  ];
}

function validateContainer(container: Attributes, path: Path): Diagnostic[] {
  return [
    ...notModelled(container, NOT_MODELLED.container, path),
    ...blocks(container, 'ports').flatMap((port) => {
      const name = text(port, 'name') ?? 'http1';
      if (name === 'http1') return [];
      return [
        refusal(
          [...path, 'ports', 0, 'name'],
          `Port name "${name}" is not modelled in the local cloud`,
          'Containers are called with HTTP/1.1 here: write "http1" or leave the name out.',
        ),
      ];
    }),
    ...validateEnvironment(container, path),
    ...(['startup_probe', 'liveness_probe'] as const).flatMap((name) =>
      blocks(container, name).flatMap((probe) => validateProbe(name, probe, container, [...path, name, 0])),
    ),
  ];
}

function validateEnvironment(container: Attributes, path: Path): Diagnostic[] {
  const variables = blocks(container, 'env');
  const names = variables.map((variable) => text(variable, 'name'));
  // Into a set there is no index, so that these point to the whole of it.
  const at = [...path, 'env'];
  return variables.flatMap((variable, index) => {
    const name = names[index];
    if (name === undefined) return [];
    if (RESERVED_VARIABLES.includes(name)) {
      return [
        refusal(at, `The variable ${name} is reserved`, 'Cloud Run sets it itself. Take it out of "env".'),
      ];
    }
    if (names.indexOf(name) !== index) {
      return [refusal(at, `The variable ${name} is set twice`, 'Leave one of the two out.')];
    }
    if (isSet(variable, 'value') && isSet(variable, 'value_source')) {
      return [
        refusal(at, `The variable ${name} has a value and a value_source`, 'Leave one of the two out.'),
      ];
    }
    return [];
  });
}

function validateProbe(name: string, probe: Attributes, container: Attributes, path: Path): Diagnostic[] {
  const declared = portOf(container);
  const otherPorts = ['http_get', 'tcp_socket'].flatMap((kind) =>
    blocks(probe, kind).flatMap(({ port }) =>
      typeof port === 'number' && port !== 0 && port !== declared ? [{ kind, port }] : [],
    ),
  );
  const period = secondsOf(probe, 'period_seconds');
  const timeout = secondsOf(probe, 'timeout_seconds');
  const whole = period * secondsOf(probe, 'failure_threshold');
  return [
    ...notModelled(probe, ['grpc'], path),
    ...otherPorts.map(({ kind, port }) =>
      refusal(
        [...path, kind, 0, 'port'],
        `A probe of port ${port} is not modelled in the local cloud`,
        `A container has one port here, the one it is called on (${declared}). Leave "port" out.`,
      ),
    ),
    ...(timeout > period
      ? [
          refusal(
            [...path, 'timeout_seconds'],
            `timeout_seconds ${timeout} is more than period_seconds ${period}`,
            'Raise the period or lower the timeout; where they are left out they are 10 and 1.',
          ),
        ]
      : []),
    ...(name === 'startup_probe' && whole > MAX_STARTUP_SEC
      ? [
          refusal(
            path,
            `The startup probe may take ${whole} s in all`,
            `failure_threshold times period_seconds can be at most ${MAX_STARTUP_SEC} s.`,
          ),
        ]
      : []),
  ];
}

function secondsOf(probe: Attributes, name: keyof typeof PROBE_DEFAULTS): number {
  const value = probe[name];
  return typeof value === 'number' ? value : PROBE_DEFAULTS[name];
}

function between(attributes: Attributes, name: string, min: number, max: number, path: Path): Diagnostic[] {
  const value = attributes[name];
  if (typeof value !== 'number' || (value >= min && value <= max)) return [];
  return [refusal([...path, name], `${name} cannot be ${value}`, `Allowed are ${min} to ${max}.`)];
}

function notModelled(attributes: Attributes, names: readonly string[], path: Path): Diagnostic[] {
  return names
    .filter((name) => isSet(attributes, name) && attributes[name] !== false)
    .map((name) =>
      refusal(
        [...path, name],
        `"${name}" of a Cloud Run service is not modelled in the local cloud`,
        'The service would behave as if it were not there. Leave it out of the stack that you deploy locally.',
      ),
    );
}
