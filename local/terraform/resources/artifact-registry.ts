/** google_artifact_registry_repository. */

import type { Repositories, Repository, RepositorySettings } from '../../artifact-registry/repositories';
import type { Attributes, Diagnostic, ResourceType } from '../resource-type';
import { planLabels, readLabels } from '../labels';
import { ResourceError } from '../resource-type';
import { ApiObjectCodec } from './api-object-codec';
import { validateCleanupPolicies } from './artifact-registry-cleanup-rules';
import {
  isSet,
  notActedOn,
  projectDiagnostics,
  goneError,
  planDefaults,
  refusal,
  refuseErrors,
  requiredText,
  text,
} from './attributes';

interface RepositoryProducts {
  readonly repositories: Repositories;
}

/** https://cloud.google.com/artifact-registry/docs/repositories/create-repos: at most 63 characters. */
const REPOSITORY_ID = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** https://cloud.google.com/artifact-registry/docs/supported-formats */
const FORMATS = ['APT', 'DOCKER', 'GENERIC', 'GO', 'KFP', 'MAVEN', 'NPM', 'PYTHON', 'RUBY', 'YUM'];

const codec = new ApiObjectCodec<RepositorySettings>({
  format: 'value',
  labels: 'value',
  description: { default: '' },
  cleanup_policy_dry_run: { default: false },
  docker_config: { one: { immutable_tags: { default: false } } },
  maven_config: {
    one: {
      allow_snapshot_overwrites: { default: false },
      version_policy: { default: 'VERSION_POLICY_UNSPECIFIED' },
    },
  },
  cleanup_policies: {
    many: {
      id: 'value',
      action: 'value',
      condition: {
        many: {
          newer_than: 'value',
          older_than: 'value',
          package_name_prefixes: 'value',
          tag_prefixes: 'value',
          tag_state: { default: 'ANY' },
          version_name_prefixes: 'value',
        },
      },
      most_recent_versions: { many: { keep_count: 'value', package_name_prefixes: 'value' } },
    },
  },
});

const DEFAULTS = { mode: 'STANDARD_REPOSITORY' };

/** `google_artifact_registry_repository`, standard ones: those that pass on other repositories are refused. */
export const artifactRegistryRepository: ResourceType<RepositoryProducts> = {
  type: 'google_artifact_registry_repository',
  replaceOn: [
    'project',
    'location',
    'repository_id',
    'format',
    'mode',
    'kms_key_name',
    'maven_config.allow_snapshot_overwrites',
    'maven_config.version_policy',
  ],
  changedByUpdate: ['update_time'],
  defaults: Object.keys(DEFAULTS),
  validate: validateRepository,

  plan(planned, request) {
    planDefaults(planned, request, DEFAULTS);
    planLabels(planned, request);
    const { config, provider } = request;
    if (config['location'] === null && provider.region !== null) planned['location'] = provider.region;
    const repositoryId = text(planned, 'repository_id');
    const location = text(planned, 'location');
    const project = text(planned, 'project');
    if (repositoryId === undefined) return;
    planned['name'] = repositoryId;
    if (location !== undefined && project !== undefined) planned['id'] = nameOf(planned);
  },

  async create(planned, { products: { repositories } }) {
    refuseErrors(validateRepository(planned));
    if (text(planned, 'location') === undefined) {
      throw new ResourceError('The repository has no location', {
        detail: 'Set "location", or "region" of the provider.',
        path: ['location'],
      });
    }
    const name = nameOf(planned);
    const repository = repositories.create(name, settingsOf(planned));
    if (!repository) {
      throw new ResourceError(`Error 409: The repository ${name} already exists`, {
        detail: 'Give this one another "repository_id".',
        path: ['repository_id'],
      });
    }
    return attributesOf(repository, planned);
  },

  async read(state, { products: { repositories } }) {
    const repository = repositories.get(nameOf(state));
    return repository ? attributesOf(repository, state) : null;
  },

  async update(planned, _prior, { products: { repositories } }) {
    refuseErrors(validateRepository(planned));
    const repository = repositories.update(nameOf(planned), settingsOf(planned));
    if (!repository) throw goneError(`The repository ${nameOf(planned)}`);
    return attributesOf(repository, planned);
  },

  async delete(state, { products: { repositories } }) {
    repositories.delete(nameOf(state));
  },
};

function validateRepository(config: Attributes): Diagnostic[] {
  const diagnostics = projectDiagnostics(config);
  const refuse = (attribute: string, summary: string, detail: string) =>
    diagnostics.push(refusal([attribute], summary, detail));

  const repositoryId = text(config, 'repository_id');
  if (repositoryId !== undefined && !REPOSITORY_ID.test(repositoryId)) {
    refuse(
      'repository_id',
      `"${repositoryId}" cannot be a repository's id`,
      'Allowed are 1 to 63 lower-case letters, digits and hyphens, starting with a letter and not ending with a hyphen.',
    );
  }
  const format = text(config, 'format');
  if (format !== undefined && !FORMATS.includes(format.toUpperCase())) {
    refuse('format', `"${format}" is not a repository format`, `Write one of ${FORMATS.join(', ')}.`);
  }
  const mode = text(config, 'mode');
  const passing = ['remote_repository_config', 'virtual_repository_config'].find((name) =>
    isSet(config, name),
  );
  if (![undefined, '', 'STANDARD_REPOSITORY'].includes(mode) || passing !== undefined) {
    refuse(
      passing ?? 'mode',
      'Remote and virtual repositories are not modelled in the local cloud',
      'There is nothing on this machine that they could pass on. Leave the repository out of the stack that you deploy locally.',
    );
  }
  return [
    ...diagnostics,
    ...validateCleanupPolicies(config),
    ...notActedOn(config, {
      kms_key_name: 'Images are not encrypted.',
      vulnerability_scanning_config: 'Images are not scanned.',
    }),
  ];
}

function nameOf(attributes: Attributes): string {
  const [project, location, repositoryId] = ['project', 'location', 'repository_id'].map((name) =>
    requiredText(attributes, name),
  );
  return `projects/${project}/locations/${location}/repositories/${repositoryId}`;
}

function settingsOf(planned: Attributes): RepositorySettings {
  return codec.toApi({ ...planned, labels: planned['effective_labels'] ?? null });
}

function attributesOf(repository: Repository, prior: Attributes): Attributes {
  return {
    ...prior,
    ...codec.toAttributes(repository, prior),
    ...readLabels(prior, repository.labels ?? {}),
    id: repository.name,
    name: requiredText(prior, 'repository_id'),
    create_time: repository.createTime,
    update_time: repository.updateTime,
  };
}
