/** google_cloud_run_v2_service and google_cloud_run_v2_service_iam_member. */

import { createHash } from 'node:crypto';
import type { Iam } from '../../iam/iam';
import type { CloudRun, Service } from '../../run/cloud-run';
import { iamResourceName, type ServiceId, serviceName } from '../../run/service-spec';
import { planLabels, readLabels } from '../labels';
import { type Attributes, ResourceError, type ResourceType, type Value } from '../resource-type';
import { blocks, goneError, mapBlocks, planDefaults, refuseErrors, requiredText, text } from './attributes';
import { validateService } from './cloud-run-rules';
import {
  DEFAULT_LIMITS,
  DEFAULT_TIMEOUT,
  defaultConcurrency,
  defaultServiceAccount,
  portOf,
  PROBE_DEFAULTS,
  serviceSpec,
} from './cloud-run-template';
import { iamMember } from './iam-member';

interface CloudRunProducts {
  readonly run: CloudRun;
  readonly iam: Iam;
}

const PROBES = ['startup_probe', 'liveness_probe'] as const;

/**
 * `google_cloud_run_v2_service`. Blocks that the configuration leaves out stay out of the state, because Terraform
 * forbids a provider to add blocks; the model works with their defaults.
 */
export const cloudRunService: ResourceType<CloudRunProducts> = {
  type: 'google_cloud_run_v2_service',
  replaceOn: ['name', 'location', 'project'],
  changedByUpdate: [
    'conditions',
    'etag',
    'generation',
    'latest_created_revision',
    'latest_ready_revision',
    'observed_generation',
    'terminal_condition',
    'update_time',
  ],
  defaults: [
    'deletion_protection',
    ...PROBES.flatMap((probe) =>
      [...Object.keys(PROBE_DEFAULTS), 'http_get.path'].map((name) => `template.containers.${probe}.${name}`),
    ),
  ],
  validate: validateService,

  plan(planned, request) {
    planDefaults(planned, request, { deletion_protection: true });
    planLabels(planned, request);
    planned['effective_annotations'] = planned['annotations'] ?? {};
    planned['ingress'] ??= 'INGRESS_TRAFFIC_ALL';
    planned['launch_stage'] ??= 'GA';
    const project = text(planned, 'project');
    const location = text(planned, 'location');
    const name = text(planned, 'name');
    if (project !== undefined && location !== undefined && name !== undefined) {
      planned['id'] = serviceName({ projectId: project, location, name });
    }
    mapBlocks(planned, 'template', (template) => planTemplate(template, project));
  },

  async create(planned, { products: { run, iam } }) {
    const spec = specOf(planned, iam);
    return attributesOf(await run.create(spec), planned);
  },

  async read(state, { products: { run } }) {
    const service = run.get(idOf(state));
    return service ? { ...attributesOf(service, state), ...readLabels(state, service.spec.labels) } : null;
  },

  async update(planned, _prior, { products: { run, iam } }) {
    const spec = specOf(planned, iam);
    if (!run.get(spec)) throw goneError(`Cloud Run service ${serviceName(spec)}`);
    return attributesOf(await run.update(spec), planned);
  },

  async delete(state, { products: { run } }) {
    if (state['deletion_protection'] !== false) {
      throw new ResourceError(
        'cannot destroy service without setting deletion_protection=false and running `terraform apply`',
        {
          detail: `Service ${serviceName(idOf(state))} is protected, as is every service whose configuration says nothing else.`,
          path: ['deletion_protection'],
        },
      );
    }
    await run.delete(idOf(state));
  },
};

/** `google_cloud_run_v2_service_iam_member`: who may call a service. */
export const cloudRunServiceIamMember = iamMember<CloudRunProducts>({
  type: 'google_cloud_run_v2_service_iam_member',
  targetAttributes: ['name', 'location', 'project'],
  plan(planned, { provider }) {
    planned['location'] ??= provider.region;
  },
  target(attributes, { products: { run } }) {
    const id = idOf(attributes);
    if (!run.get(id)) {
      throw new ResourceError(`Error 404: Cloud Run service ${serviceName(id)} does not exist`, {
        detail: 'Refer to the "name" of the google_cloud_run_v2_service, so that it is created first.',
        path: ['name'],
      });
    }
    return { id: serviceName(id), resource: iamResourceName(id) };
  },
  targetExists: (attributes, { products: { run } }) => run.get(idOf(attributes)) !== undefined,
});

function planTemplate(template: Attributes, project: string | undefined): void {
  const [container = {}] = blocks(template, 'containers');
  template['timeout'] ??= DEFAULT_TIMEOUT;
  template['max_instance_request_concurrency'] ??= defaultConcurrency(container);
  if (project !== undefined) template['service_account'] ??= defaultServiceAccount(project);
  mapBlocks(template, 'containers', (each) => {
    const port = portOf(each);
    // Images are made elsewhere.
    each['build_info'] ??= [];
    mapBlocks(each, 'ports', (block) => {
      block['name'] ??= 'http1';
    });
    mapBlocks(each, 'resources', (block) => {
      block['limits'] ??= DEFAULT_LIMITS;
    });
    for (const name of PROBES) {
      mapBlocks(each, name, (probe) => {
        for (const [attribute, value] of Object.entries(PROBE_DEFAULTS)) probe[attribute] ??= value;
        mapBlocks(probe, 'http_get', (block) => {
          block['path'] ??= '/';
          block['port'] ??= port;
        });
        mapBlocks(probe, 'tcp_socket', (block) => {
          block['port'] ??= port;
        });
      });
    }
  });
}

/** Refuses what the plan could not know: values that were not known then, and accounts that do not exist. */
function specOf(planned: Attributes, iam: Iam): ReturnType<typeof serviceSpec> {
  refuseErrors(validateService(planned));
  const spec = serviceSpec(planned);
  const { serviceAccount } = spec.template;
  // Accounts of other domains are Google's own, such as the default one.
  if (serviceAccount.endsWith('.iam.gserviceaccount.com') && !iam.serviceAccount(serviceAccount)) {
    throw new ResourceError(`Error 400: Service account ${serviceAccount} does not exist`, {
      detail: 'Refer to the "email" of its google_service_account, so that it is created first.',
      path: ['template', 0, 'service_account'],
    });
  }
  return spec;
}

/** The service that `name`, which may be its whole resource name, `location` and `project` stand for. */
function idOf(attributes: Attributes): ServiceId {
  const name = requiredText(attributes, 'name');
  const [, projectId, location, short] =
    /^projects\/([^/]+)\/locations\/([^/]+)\/services\/([^/]+)$/.exec(name) ?? [];
  return {
    projectId: projectId ?? requiredText(attributes, 'project'),
    location: location ?? requiredText(attributes, 'location'),
    name: short ?? name,
  };
}

function attributesOf(service: Service, prior: Attributes): Attributes {
  const { spec, generation, updateTime } = service;
  const id = serviceName(spec);
  const revision = `${id}/revisions/${service.revision}`;
  const condition = (type: string): Value => ({
    type,
    state: 'CONDITION_SUCCEEDED',
    last_transition_time: updateTime,
    message: '',
    reason: '',
    revision_reason: '',
    execution_reason: '',
    severity: '',
  });
  return {
    ...prior,
    id,
    uri: service.uri,
    urls: [service.uri],
    uid: service.uid,
    etag: `"${createHash('sha256').update(`${service.uid} ${generation}`).digest('base64').slice(0, 16)}"`,
    generation: String(generation),
    observed_generation: String(generation),
    create_time: service.createTime,
    update_time: updateTime,
    // Nobody signs in to the local cloud.
    creator: null,
    last_modifier: null,
    delete_time: '',
    expire_time: '',
    latest_created_revision: revision,
    latest_ready_revision: revision,
    reconciling: false,
    conditions: [condition('RoutesReady'), condition('ConfigurationsReady')],
    terminal_condition: [condition('Ready')],
    traffic_statuses: [
      { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100, revision: '', tag: '', uri: '' },
    ],
  };
}
