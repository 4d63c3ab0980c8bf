/** google_monitoring_service. */

import type { Monitoring } from '../../monitoring/monitoring';
import type { MonitoredService } from '../../monitoring/resources';
import type { Attributes, Diagnostic, ResourceType } from '../resource-type';
import { ResourceError } from '../resource-type';
import { isObject } from '../values';
import { ApiObjectCodec } from './api-object-codec';
import {
  blocks,
  goneError,
  isSet,
  projectDiagnostics,
  refusal,
  refuseErrors,
  requiredText,
  text,
} from './attributes';

interface ServiceProducts {
  readonly monitoring: Monitoring;
}

/** `serviceId` of https://cloud.google.com/monitoring/api/ref_v3/rest/v3/services/create */
const SERVICE_ID = /^[a-z0-9-]+$/;

/**
 * The labels that each type of service needs:
 * https://docs.cloud.google.com/stackdriver/docs/solutions/slo-monitoring/api/api-structures
 */
const REQUIRED_LABELS: Readonly<Record<string, readonly string[]>> = {
  APP_ENGINE: ['module_id'],
  CLOUD_ENDPOINTS: ['service'],
  CLOUD_RUN: ['service_name', 'location'],
  CLUSTER_ISTIO: ['location', 'cluster_name', 'service_namespace', 'service_name'],
  ISTIO_CANONICAL_SERVICE: ['mesh_uid', 'canonical_service_namespace', 'canonical_service'],
};

const codec = new ApiObjectCodec<Omit<MonitoredService, 'name'>>({
  display_name: 'value',
  basic_service: { one: { service_type: 'value', service_labels: 'value' } },
  user_labels: 'value',
});

/** `google_monitoring_service`. What it stands for need not exist, with Google neither. */
export const monitoringService: ResourceType<ServiceProducts> = {
  type: 'google_monitoring_service',
  replaceOn: ['project', 'service_id', 'basic_service'],
  validate: validateService,

  plan(planned) {
    const [project, serviceId] = [text(planned, 'project'), text(planned, 'service_id')];
    if (project === undefined || serviceId === undefined) return;
    const name = `projects/${project}/services/${serviceId}`;
    Object.assign(planned, { id: name, name });
  },

  async create(planned, { products: { monitoring } }) {
    refuseErrors(validateService(planned));
    const name = nameOf(planned);
    if (monitoring.service(name)) {
      throw new ResourceError(`Error 409: The service ${name} already exists`, {
        detail: 'Give this one another "service_id".',
        path: ['service_id'],
      });
    }
    return attributesOf(monitoring.putService({ ...codec.toApi(planned), name }), planned);
  },

  async read(state, { products: { monitoring } }) {
    const service = monitoring.service(nameOf(state));
    return service ? attributesOf(service, state) : null;
  },

  async update(planned, prior, { products: { monitoring } }) {
    refuseErrors(validateService(planned));
    const name = nameOf(prior);
    if (!monitoring.service(name)) throw goneError(`The service ${name}`);
    return attributesOf(monitoring.putService({ ...codec.toApi(planned), name }), planned);
  },

  async delete(state, { products: { monitoring } }) {
    monitoring.deleteService(nameOf(state));
  },

  async import(id, { products: { monitoring } }) {
    const [, project, serviceId] = /^projects\/([^/]+)\/services\/([^/]+)$/.exec(id) ?? [];
    const service = monitoring.service(id);
    if (!service || project === undefined || serviceId === undefined) return null;
    return attributesOf(service, { project, service_id: serviceId });
  },
};

function validateService(config: Attributes): Diagnostic[] {
  const diagnostics = projectDiagnostics(config);
  const serviceId = text(config, 'service_id');
  if (serviceId !== undefined && !SERVICE_ID.test(serviceId)) {
    diagnostics.push(
      refusal(
        ['service_id'],
        `"${serviceId}" cannot be a service's id`,
        'Allowed are lower-case letters, digits and hyphens.',
      ),
    );
  }
  return [...diagnostics, ...blocks(config, 'basic_service').flatMap(validateBasicService)];
}

function validateBasicService(block: Attributes): Diagnostic[] {
  const path = ['basic_service', 0];
  const type = text(block, 'service_type');
  const required = type === undefined ? undefined : REQUIRED_LABELS[type];
  if (!required) {
    if (isSet(block, 'service_type') && type === undefined) return [];
    return [
      refusal(
        [...path, 'service_type'],
        `"${type ?? ''}" is not a type of service`,
        `Write one of ${Object.keys(REQUIRED_LABELS).join(', ')}.`,
      ),
    ];
  }
  const { service_labels: labels } = block;
  if (isSet(block, 'service_labels') && !isObject(labels)) return [];
  return required
    .filter((label) => !isObject(labels) || !isSet(labels, label))
    .map((label) =>
      refusal(
        [...path, 'service_labels'],
        `A service of type ${type} needs the label "${label}"`,
        `Write service_labels = { ${required.map((each) => `${each} = "..."`).join(', ')} }.`,
      ),
    );
}

function nameOf(attributes: Attributes): string {
  return `projects/${requiredText(attributes, 'project')}/services/${requiredText(attributes, 'service_id')}`;
}

function attributesOf(service: MonitoredService, prior: Attributes): Attributes {
  const { name } = service;
  // The API tells the telemetry of services that it has found itself.
  return { ...prior, ...codec.toAttributes(service, prior), id: name, name, telemetry: [] };
}
