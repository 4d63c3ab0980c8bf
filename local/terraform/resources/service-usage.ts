/** google_project_service. */

import type { ServiceUsage } from '../../service-usage/service-usage';
import type { Attributes, Diagnostic, ResourceType } from '../resource-type';
import { planDefaults, projectDiagnostics, refusal, refuseErrors, requiredText, text } from './attributes';

interface ServiceUsageProducts {
  readonly serviceUsage: ServiceUsage;
}

/** On 6.50.0; from 7.0 on the API is left enabled. */
const DEFAULTS = { disable_on_destroy: true };

/**
 * `google_project_service`. That one API depends on another is not modelled, so `disable_dependent_services` makes no
 * difference: disabling is never refused and disables nothing else.
 */
export const projectService: ResourceType<ServiceUsageProducts> = {
  type: 'google_project_service',
  replaceOn: ['project', 'service'],
  defaults: Object.keys(DEFAULTS),
  validate: validateProjectService,

  plan(planned, request) {
    planDefaults(planned, request, DEFAULTS);
  },

  async create(planned, { products: { serviceUsage } }) {
    refuseErrors(validateProjectService(planned));
    const { project, service } = namesOf(planned);
    serviceUsage.enable(project, service);
    return { ...planned, id: `${project}/${service}` };
  },

  async read(state, { products: { serviceUsage } }) {
    const { project, service } = namesOf(state);
    return serviceUsage.isEnabled(project, service) ? { ...state, id: `${project}/${service}` } : null;
  },

  async update(planned) {
    // What can change without a replacement is kept by Terraform alone.
    return planned;
  },

  async delete(state, { products: { serviceUsage } }) {
    if (state['disable_on_destroy'] === false) return;
    const { project, service } = namesOf(state);
    serviceUsage.disable(project, service);
  },
};

function validateProjectService(config: Attributes): Diagnostic[] {
  const service = text(config, 'service');
  const diagnostics = projectDiagnostics(config);
  if (service !== undefined && !/^[a-z][-a-z0-9]*(\.[a-z][-a-z0-9]*)+$/.test(service)) {
    diagnostics.push(
      refusal(
        ['service'],
        `"${service}" is not the name of an API`,
        'Write its host name, such as "run.googleapis.com".',
      ),
    );
  }
  return diagnostics;
}

function namesOf(attributes: Attributes): { project: string; service: string } {
  const project = requiredText(attributes, 'project').replace(/^projects\//, '');
  return { project, service: requiredText(attributes, 'service') };
}
