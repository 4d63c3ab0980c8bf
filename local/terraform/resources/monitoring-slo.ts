/** google_monitoring_slo. */

import { randomUUID } from 'node:crypto';
import type { Monitoring } from '../../monitoring/monitoring';
import type { ServiceLevelIndicator, ServiceLevelObjective } from '../../monitoring/resources';
import type { Attributes, ResourceType } from '../resource-type';
import { ResourceError } from '../resource-type';
import { ApiObjectCodec } from './api-object-codec';
import { goneError, mapBlocks, refuseErrors, requiredText, text } from './attributes';
import { validateSlo } from './monitoring-slo-rules';

interface SloProducts {
  readonly monitoring: Monitoring;
}

const SECONDS_PER_DAY = 86_400;

/** The API has the period as a duration, and the indicator in an object of its own. */
type Settings = Omit<ServiceLevelObjective, 'name' | 'rollingPeriod' | 'serviceLevelIndicator'> & {
  readonly rollingPeriodDays?: number;
  readonly basicSli?: ServiceLevelIndicator['basicSli'];
  readonly requestBasedSli?: ServiceLevelIndicator['requestBased'];
};

const codec = new ApiObjectCodec<Settings>({
  display_name: 'value',
  goal: 'value',
  rolling_period_days: 'value',
  calendar_period: 'value',
  user_labels: 'value',
  basic_sli: {
    one: {
      availability: { one: { enabled: 'value' } },
      latency: { one: { threshold: 'value' } },
      location: 'value',
      method: 'value',
      version: 'value',
    },
  },
  request_based_sli: {
    one: {
      good_total_ratio: {
        one: { good_service_filter: 'value', bad_service_filter: 'value', total_service_filter: 'value' },
      },
      distribution_cut: {
        one: { distribution_filter: 'value', range: { one: { min: 'value', max: 'value' } } },
      },
    },
  },
});

/** `google_monitoring_slo`. */
export const slo: ResourceType<SloProducts> = {
  type: 'google_monitoring_slo',
  replaceOn: ['project', 'service', 'slo_id'],
  defaults: ['basic_sli.availability.enabled'],
  validate: validateSlo,

  plan(planned) {
    mapBlocks(planned, 'basic_sli', (sli) => {
      mapBlocks(sli, 'availability', (availability) => {
        availability['enabled'] ??= true;
      });
    });
    const [project, service, sloId] = ['project', 'service', 'slo_id'].map((name) => text(planned, name));
    if (project === undefined || service === undefined || sloId === undefined) return;
    const name = nameOf(project, service, sloId);
    Object.assign(planned, { id: name, name });
  },

  async create(planned, { products: { monitoring } }) {
    refuseErrors(validateSlo(planned));
    const [project, service] = [requiredText(planned, 'project'), requiredText(planned, 'service')];
    if (!monitoring.service(`projects/${project}/services/${service}`)) {
      throw new ResourceError(`Error 404: The service "${service}" does not exist in project ${project}`, {
        detail: 'Write the "service_id" of a google_monitoring_service.',
        path: ['service'],
      });
    }
    const name = nameOf(project, service, text(planned, 'slo_id') ?? randomUUID());
    if (monitoring.objective(name)) {
      throw new ResourceError(`Error 409: The objective ${name} already exists`, {
        detail: 'Give this one another "slo_id".',
        path: ['slo_id'],
      });
    }
    return attributesOf(monitoring.putObjective(objectiveOf(name, planned)), planned);
  },

  async read(state, { products: { monitoring } }) {
    const objective = monitoring.objective(requiredText(state, 'name'));
    return objective ? attributesOf(objective, state) : null;
  },

  async update(planned, prior, { products: { monitoring } }) {
    refuseErrors(validateSlo(planned));
    const name = requiredText(prior, 'name');
    if (!monitoring.objective(name)) throw goneError(`The objective ${name}`);
    return attributesOf(monitoring.putObjective(objectiveOf(name, planned)), planned);
  },

  async delete(state, { products: { monitoring } }) {
    monitoring.deleteObjective(requiredText(state, 'name'));
  },

  async import(id, { products: { monitoring } }) {
    const [, project, service] = /^projects\/([^/]+)\/services\/([^/]+)\//.exec(id) ?? [];
    const objective = monitoring.objective(id);
    if (!objective || project === undefined || service === undefined) return null;
    return attributesOf(objective, { project, service });
  },
};

function nameOf(project: string, service: string, sloId: string): string {
  return `projects/${project}/services/${service}/serviceLevelObjectives/${sloId}`;
}

function objectiveOf(name: string, planned: Attributes): ServiceLevelObjective {
  const { rollingPeriodDays, basicSli, requestBasedSli, ...settings } = codec.toApi(planned);
  return {
    ...settings,
    name,
    ...(rollingPeriodDays !== undefined && { rollingPeriod: `${rollingPeriodDays * SECONDS_PER_DAY}s` }),
    serviceLevelIndicator: {
      ...(basicSli && { basicSli }),
      ...(requestBasedSli && { requestBased: requestBasedSli }),
    },
  };
}

function attributesOf(objective: ServiceLevelObjective, prior: Attributes): Attributes {
  const { name, rollingPeriod, serviceLevelIndicator, ...settings } = objective;
  const { basicSli, requestBased } = serviceLevelIndicator;
  const flat: Settings = {
    ...settings,
    ...(rollingPeriod !== undefined && {
      rollingPeriodDays: Number.parseInt(rollingPeriod, 10) / SECONDS_PER_DAY,
    }),
    ...(basicSli && { basicSli }),
    ...(requestBased && { requestBasedSli: requestBased }),
  };
  return {
    ...prior,
    ...codec.toAttributes(flat, prior),
    id: name,
    name,
    slo_id: name.slice(name.lastIndexOf('/') + 1),
  };
}
