/** What a `google_cloud_run_v2_service` says, in the terms of the Cloud Run model. */

import type { ContainerSpec, Probe, RevisionSpec, SecretRef, ServiceSpec } from '../../run/service-spec';
import { projectNumber } from '../../project-number';
import type { Attributes, Value } from '../resource-type';
import { isList, isObject } from '../values';
import { blocks, requiredText, text } from './attributes';

/** Of a template that names no port (cloud.google.com/run/docs/configuring/services/containers#configure-port). */
const DEFAULT_PORT = 8080;

/** Of a container that names no limits (cloud.google.com/run/docs/configuring/services/memory-limits and .../cpu). */
export const DEFAULT_LIMITS = { cpu: '1000m', memory: '512Mi' } as const;

/** Of a template that names none (the provider's documentation of `timeout`). */
export const DEFAULT_TIMEOUT = '300s';

/** Of a probe that says nothing else (the provider's schema, 6.50.0). */
export const PROBE_DEFAULTS = {
  initial_delay_seconds: 0,
  timeout_seconds: 1,
  period_seconds: 10,
  failure_threshold: 3,
} as const;

/** Of a container without a startup probe (cloud.google.com/run/docs/configuring/healthchecks). */
const DEFAULT_STARTUP_PROBE: Probe = {
  initialDelaySec: 0,
  timeoutSec: 240,
  periodSec: 240,
  failureThreshold: 1,
};

/** Instances of a revision that names no limit (cloud.google.com/run/docs/configuring/max-instances). */
const DEFAULT_MAX_INSTANCES = 100;

/** The account that a project's services run as when they name none. */
export function defaultServiceAccount(projectId: string): string {
  return `${projectNumber(projectId)}-compute@developer.gserviceaccount.com`;
}

/** 80, but 1 below one CPU (the provider's documentation of `max_instance_request_concurrency`). */
export function defaultConcurrency(container: Attributes): number {
  return cpuOf(limitsOf(container).cpu) < 1 ? 1 : 80;
}

/** CPUs: `1000m` is 1. NaN when it is not written like that. */
export function cpuOf(cpu: string): number {
  const match = /^(\d+(?:\.\d+)?)(m?)$/.exec(cpu);
  return match ? Number(match[1]) / (match[2] === 'm' ? 1000 : 1) : Number.NaN;
}

export function limitsOf(container: Attributes): { cpu: string; memory: string } {
  const limits = blocks(container, 'resources')[0]?.['limits'];
  return { ...DEFAULT_LIMITS, ...textsOf(limits) };
}

export function portOf(container: Attributes): number {
  return numberOf(blocks(container, 'ports')[0], 'container_port', DEFAULT_PORT);
}

export function serviceSpec(planned: Attributes): ServiceSpec {
  const [template = {}] = blocks(planned, 'template');
  const [container = {}] = blocks(template, 'containers');
  const projectId = requiredText(planned, 'project');
  return {
    projectId,
    location: requiredText(planned, 'location'),
    name: requiredText(planned, 'name'),
    labels: textsOf(planned['effective_labels']),
    ingress: requiredText(planned, 'ingress'),
    invokerIamDisabled: planned['invoker_iam_disabled'] === true,
    customAudiences: listOf(planned['custom_audiences']),
    template: revisionSpec(template, container, projectId),
  };
}

function revisionSpec(template: Attributes, container: Attributes, projectId: string): RevisionSpec {
  const [scaling] = blocks(template, 'scaling');
  return {
    container: containerSpec(container, projectId),
    timeoutSec: Number.parseFloat(text(template, 'timeout') ?? DEFAULT_TIMEOUT),
    concurrency: numberOf(template, 'max_instance_request_concurrency', defaultConcurrency(container)),
    scaling: {
      minInstances: numberOf(scaling, 'min_instance_count', 0),
      maxInstances: numberOf(scaling, 'max_instance_count', DEFAULT_MAX_INSTANCES),
    },
    serviceAccount: text(template, 'service_account') ?? defaultServiceAccount(projectId),
    labels: textsOf(template['labels']),
  };
}

function containerSpec(container: Attributes, projectId: string): ContainerSpec {
  const [startup] = blocks(container, 'startup_probe');
  const [liveness] = blocks(container, 'liveness_probe');
  const [resources] = blocks(container, 'resources');
  const env = blocks(container, 'env');
  return {
    name: text(container, 'name') ?? '',
    image: requiredText(container, 'image'),
    command: listOf(container['command']),
    args: listOf(container['args']),
    env: Object.fromEntries(
      env
        .filter((variable) => !isSecret(variable))
        .map((variable) => [requiredText(variable, 'name'), text(variable, 'value') ?? '']),
    ),
    secretEnv: Object.fromEntries(
      env
        .filter(isSecret)
        .map((variable) => [requiredText(variable, 'name'), secretRef(variable, projectId)]),
    ),
    port: portOf(container),
    startupProbe: startup ? probe(startup) : DEFAULT_STARTUP_PROBE,
    ...(liveness && { livenessProbe: probe(liveness) }),
    resources: {
      ...limitsOf(container),
      // CPU is throttled by default, but not once `resources` is there (the provider's documentation of `cpu_idle`).
      cpuIdle: resources ? resources['cpu_idle'] === true : true,
    },
  };
}

function isSecret(variable: Attributes): boolean {
  return blocks(variable, 'value_source').length > 0;
}

function secretRef(variable: Attributes, projectId: string): SecretRef {
  const [source = {}] = blocks(variable, 'value_source');
  const [reference = {}] = blocks(source, 'secret_key_ref');
  const name = requiredText(reference, 'secret');
  const [, project = projectId, secret = name] = /^projects\/([^/]+)\/secrets\/([^/]+)$/.exec(name) ?? [];
  return { projectId: project, secret, version: text(reference, 'version') ?? 'latest' };
}

function probe(block: Attributes): Probe {
  const [httpGet] = blocks(block, 'http_get');
  return {
    ...(httpGet && {
      httpGet: {
        path: text(httpGet, 'path') ?? '/',
        headers: Object.fromEntries(
          blocks(httpGet, 'http_headers').map((header) => [
            requiredText(header, 'name'),
            text(header, 'value') ?? '',
          ]),
        ),
      },
    }),
    initialDelaySec: numberOf(block, 'initial_delay_seconds', PROBE_DEFAULTS.initial_delay_seconds),
    timeoutSec: numberOf(block, 'timeout_seconds', PROBE_DEFAULTS.timeout_seconds),
    periodSec: numberOf(block, 'period_seconds', PROBE_DEFAULTS.period_seconds),
    failureThreshold: numberOf(block, 'failure_threshold', PROBE_DEFAULTS.failure_threshold),
  };
}

/** `fallback` where the number is absent or not known yet; a count of 0 means absent, as in the API. */
function numberOf(attributes: Attributes | undefined, name: string, fallback: number): number {
  const value = attributes?.[name];
  return typeof value === 'number' && value !== 0 ? value : fallback;
}

function textsOf(value: Value | undefined): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function listOf(value: Value | undefined): string[] {
  return value !== undefined && isList(value)
    ? value.filter((item): item is string => typeof item === 'string')
    : [];
}
