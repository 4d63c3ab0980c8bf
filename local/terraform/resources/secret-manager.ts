/** google_secret_manager_secret and google_secret_manager_secret_iam_member. */

import type { Iam } from '../../iam/iam';
import type { Secret, SecretManager, SecretSettings } from '../../secret-manager/secret-manager';
import type { Attributes, Diagnostic, ResourceType } from '../resource-type';
import { planLabels, readLabels } from '../labels';
import { ResourceError } from '../resource-type';
import { ApiObjectCodec } from './api-object-codec';
import {
  blocks,
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
import { isObject } from '../values';
import { iamMember } from './iam-member';

interface SecretProducts {
  readonly secretManager: SecretManager;
  readonly iam: Iam;
}

/** https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/create */
const SECRET_ID = /^[A-Za-z0-9_-]{1,255}$/;

const codec = new ApiObjectCodec<SecretSettings>({
  labels: 'value',
  annotations: 'value',
  version_aliases: 'value',
  replication: {
    one: {
      auto: { one: {} },
      user_managed: { one: { replicas: { many: { location: 'value' } } } },
    },
  },
});

const DEFAULTS = { deletion_protection: false };

/** `google_secret_manager_secret`. */
export const secret: ResourceType<SecretProducts> = {
  type: 'google_secret_manager_secret',
  replaceOn: ['project', 'secret_id', 'tags', 'replication.auto', 'replication.user_managed'],
  defaults: Object.keys(DEFAULTS),
  validate: validateSecret,

  plan(planned, request) {
    planDefaults(planned, request, DEFAULTS);
    planLabels(planned, request);
    if (planned['annotations'] === null) planned['effective_annotations'] = {};
    else if (isObject(planned['annotations'])) planned['effective_annotations'] = planned['annotations'];
    const project = text(planned, 'project');
    const secretId = text(planned, 'secret_id');
    if (project === undefined || secretId === undefined) return;
    Object.assign(planned, { id: secretName(project, secretId), name: secretName(project, secretId) });
  },

  async create(planned, { products: { secretManager } }) {
    refuseErrors(validateSecret(planned));
    const name = nameOf(planned);
    const created = secretManager.createSecret(name, settingsOf(planned));
    if (!created) {
      throw new ResourceError(`Error 409: Secret [${name}] already exists`, {
        detail: 'Give this one another "secret_id".',
        path: ['secret_id'],
      });
    }
    return attributesOf(created, planned);
  },

  async read(state, { products: { secretManager } }) {
    const found = secretManager.secret(nameOf(state));
    return found ? attributesOf(found, state) : null;
  },

  async update(planned, prior, { products: { secretManager } }) {
    refuseErrors(validateSecret(planned));
    const updated = secretManager.updateSecret(nameOf(prior), settingsOf(planned));
    if (!updated) throw goneError(`Secret [${nameOf(prior)}]`);
    return attributesOf(updated, planned);
  },

  async delete(state, { products: { secretManager, iam } }) {
    const name = nameOf(state);
    if (state['deletion_protection'] === true) {
      throw new ResourceError(`The secret ${name} is protected from deletion`, {
        detail: 'Set "deletion_protection" to false and apply, then delete it.',
        path: ['deletion_protection'],
      });
    }
    secretManager.deleteSecret(name);
    iam.deletePolicy(`//secretmanager.googleapis.com/${name}`);
  },
};

/** `google_secret_manager_secret_iam_member`: who may read a secret. */
export const secretIamMember = iamMember<SecretProducts>({
  type: 'google_secret_manager_secret_iam_member',
  targetAttributes: ['project', 'secret_id'],
  target(attributes, { products: { secretManager } }) {
    const name = nameOf(attributes);
    if (!secretManager.secret(name)) {
      throw new ResourceError(`Error 404: Secret [${name}] not found`, {
        detail: 'Write the "secret_id" or the "id" of a google_secret_manager_secret.',
        path: ['secret_id'],
      });
    }
    return { id: name, resource: `//secretmanager.googleapis.com/${name}` };
  },
  targetExists: (attributes, { products: { secretManager } }) =>
    secretManager.secret(nameOf(attributes)) !== undefined,
});

function validateSecret(config: Attributes): Diagnostic[] {
  const diagnostics = projectDiagnostics(config);
  const secretId = text(config, 'secret_id');
  if (secretId !== undefined && !SECRET_ID.test(secretId)) {
    diagnostics.push(
      refusal(
        ['secret_id'],
        `"${secretId}" cannot be a secret's id`,
        'Allowed are 1 to 255 letters, digits, hyphens and underscores.',
      ),
    );
  }
  for (const replication of blocks(config, 'replication')) {
    const kinds = ['auto', 'user_managed'].filter((kind) => isSet(replication, kind));
    if (kinds.length === 1) continue;
    diagnostics.push(
      refusal(
        ['replication'],
        'A secret has one way of replication',
        `Write exactly one of "auto" and "user_managed" in "replication"; got ${kinds.length}.`,
      ),
    );
  }
  if (isEncryptedByCustomer(config)) {
    diagnostics.push(
      refusal(
        ['replication'],
        'Customer-managed encryption is not modelled in the local cloud',
        'There are no keys of Cloud KMS here. Leave it out of the stack that you deploy locally.',
      ),
    );
  }
  return [
    ...diagnostics,
    ...notActedOn(config, {
      expire_time: 'Secrets do not expire.',
      ttl: 'Secrets do not expire.',
      rotation: 'There is no Pub/Sub that would tell of a rotation.',
      topics: 'There is no Pub/Sub.',
      version_destroy_ttl: 'A version is destroyed at once.',
      tags: 'There are no resource tags.',
    }),
  ];
}

function isEncryptedByCustomer(config: Attributes): boolean {
  return blocks(config, 'replication')
    .flatMap((replication) => [
      ...blocks(replication, 'auto'),
      ...blocks(replication, 'user_managed').flatMap((managed) => blocks(managed, 'replicas')),
    ])
    .some((encrypted) => isSet(encrypted, 'customer_managed_encryption'));
}

function secretName(project: string, secretId: string): string {
  return `projects/${project}/secrets/${secretId}`;
}

/** The name of the secret; the IAM type takes it in place of the id. */
function nameOf(attributes: Attributes): string {
  const secretId = requiredText(attributes, 'secret_id');
  return secretId.startsWith('projects/')
    ? secretId
    : secretName(requiredText(attributes, 'project'), secretId);
}

function settingsOf(planned: Attributes): SecretSettings {
  return codec.toApi({ ...planned, labels: planned['effective_labels'] ?? null });
}

function attributesOf(found: Secret, prior: Attributes): Attributes {
  return {
    ...prior,
    ...codec.toAttributes(found, prior),
    ...readLabels(prior, found.labels ?? {}),
    effective_annotations: found.annotations ?? {},
    id: found.name,
    name: found.name,
    create_time: found.createTime,
    expire_time: text(prior, 'expire_time') ?? null,
  };
}
