/** google_secret_manager_secret_version. */

import type { SecretManager, SecretVersion } from '../../secret-manager/secret-manager';
import type { Attributes, Diagnostic, ResourceType } from '../resource-type';
import { ResourceError } from '../resource-type';
import { goneError, isSet, planDefaults, refusal, refuseErrors, requiredText, text } from './attributes';

interface SecretVersionProducts {
  readonly secretManager: SecretManager;
}

/** https://cloud.google.com/secret-manager/quotas */
const MAX_PAYLOAD_BYTES = 65_536;

const DEFAULTS = { enabled: true, deletion_policy: 'DELETE', is_secret_data_base64: false };

/** `google_secret_manager_secret_version`. */
export const secretVersion: ResourceType<SecretVersionProducts> = {
  type: 'google_secret_manager_secret_version',
  replaceOn: ['secret', 'secret_data', 'is_secret_data_base64', 'secret_data_wo_version'],
  defaults: Object.keys(DEFAULTS),
  sensitive: ['secret_data', 'secret_data_wo'],
  validate: validateVersion,

  plan(planned, request) {
    planDefaults(planned, request, DEFAULTS);
  },

  async create(planned, { products: { secretManager } }) {
    refuseErrors(validateVersion(planned));
    const secretName = requiredText(planned, 'secret');
    const version = secretManager.addVersion(secretName, payloadOf(planned));
    if (!version) {
      throw new ResourceError(`Error 404: Secret [${secretName}] not found`, {
        detail: 'Write the "id" of a google_secret_manager_secret, "projects/PROJECT/secrets/SECRET".',
        path: ['secret'],
      });
    }
    return attributesOf(enable(secretManager, version.name, planned), planned);
  },

  async read(state, { products: { secretManager } }) {
    const version = secretManager.version(requiredText(state, 'name'));
    return version && version.state !== 'DESTROYED' ? attributesOf(version, state) : null;
  },

  async update(planned, prior, { products: { secretManager } }) {
    return attributesOf(enable(secretManager, requiredText(prior, 'name'), planned), planned);
  },

  async delete(state, { products: { secretManager } }) {
    const policy = text(state, 'deletion_policy');
    if (policy === 'ABANDON') return;
    secretManager.setVersionState(
      requiredText(state, 'name'),
      policy === 'DISABLE' ? 'DISABLED' : 'DESTROYED',
    );
  },
};

function validateVersion(config: Attributes): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  if (isSet(config, 'secret_data_wo')) {
    return [
      refusal(
        ['secret_data_wo'],
        'Write-only secret data is not modelled in the local cloud',
        'Write the value in "secret_data".',
      ),
    ];
  }
  if (!isSet(config, 'secret_data')) {
    diagnostics.push(refusal(['secret_data'], 'The secret version has no data', 'Set "secret_data".'));
  }
  const data = text(config, 'secret_data');
  if (data !== undefined && config['is_secret_data_base64'] === true && !isBase64(data)) {
    diagnostics.push(
      refusal(
        ['secret_data'],
        'The secret data is not base64',
        'Encode it, or leave "is_secret_data_base64" out.',
      ),
    );
  }
  const bytes = data === undefined ? 0 : payloadOf(config).byteLength;
  if (bytes > MAX_PAYLOAD_BYTES) {
    diagnostics.push(
      refusal(
        ['secret_data'],
        'The secret data is too large',
        `It has ${bytes} bytes; allowed are ${MAX_PAYLOAD_BYTES}.`,
      ),
    );
  }
  const policy = text(config, 'deletion_policy');
  if (policy !== undefined && !['DELETE', 'DISABLE', 'ABANDON'].includes(policy)) {
    diagnostics.push(
      refusal(
        ['deletion_policy'],
        `"${policy}" is not a deletion policy`,
        'Write "DELETE", "DISABLE" or "ABANDON".',
      ),
    );
  }
  return diagnostics;
}

function isBase64(data: string): boolean {
  return Buffer.from(data, 'base64').toString('base64') === data;
}

function payloadOf(attributes: Attributes): Buffer {
  const encoding = attributes['is_secret_data_base64'] === true ? 'base64' : 'utf8';
  return Buffer.from(requiredText(attributes, 'secret_data'), encoding);
}

/** Sets the state that the plan asks for and returns the version as it is then. */
function enable(secretManager: SecretManager, name: string, planned: Attributes): SecretVersion {
  secretManager.setVersionState(name, planned['enabled'] === false ? 'DISABLED' : 'ENABLED');
  const version = secretManager.version(name);
  if (!version || version.state === 'DESTROYED') {
    throw goneError(`Secret version [${name}]`);
  }
  return version;
}

function attributesOf(version: SecretVersion, prior: Attributes): Attributes {
  const { name, payload } = version;
  return {
    ...prior,
    id: name,
    name,
    secret: name.slice(0, name.indexOf('/versions/')),
    version: name.slice(name.lastIndexOf('/') + 1),
    secret_data: payload.toString(prior['is_secret_data_base64'] === true ? 'base64' : 'utf8'),
    enabled: version.state === 'ENABLED',
    create_time: version.createTime,
    destroy_time: null,
  };
}
