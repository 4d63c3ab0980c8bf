/** google_storage_bucket_object. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { Bucket } from '../../storage/bucket';
import type { CloudStorage } from '../../storage/cloud-storage';
import type { ObjectFields } from '../../storage/object-fields';
import type { StoredObject } from '../../storage/object-files';
import { mediaLink, objectLink } from '../../storage/resources';
import {
  type Attributes,
  type Diagnostic,
  ResourceError,
  type ResourceType,
  UNKNOWN,
} from '../resource-type';
import { ApiObjectCodec, type Fields } from './api-object-codec';
import { isSet, refusal, refuseErrors, requiredText, text } from './attributes';
import { inGooglesWords, toResourceError } from './storage-errors';

interface StorageProducts {
  readonly storage: CloudStorage;
}

/** What changes with the content, and so cannot be known before it is stored. */
const FOLLOW_CONTENT = ['md5hash', 'md5hexhash', 'crc32c', 'generation', 'media_link'];

const NOT_MODELLED: Readonly<Record<string, string>> = {
  customer_encryption: 'Customer-supplied encryption keys are',
  event_based_hold: 'Object holds are',
  kms_key_name: 'Customer-managed encryption keys are',
  retention: 'Object retention is',
  temporary_hold: 'Object holds are',
};

/** What the JSON API calls the same. Nothing of it can change in place. */
const FIELDS: Fields = {
  cache_control: 'value',
  content_disposition: 'value',
  content_encoding: 'value',
  content_language: 'value',
  content_type: 'value',
  metadata: 'value',
  storage_class: 'value',
};

const codec = new ApiObjectCodec<ObjectFields>(FIELDS);

/**
 * `google_storage_bucket_object`. As in 6.50, other content, be it of `content` or of the file at `source`, is uploaded
 * in place, and anything else replaces the object.
 */
export const storageBucketObject: ResourceType<StorageProducts> = {
  type: 'google_storage_bucket_object',
  replaceOn: ['bucket', 'name', 'source', ...Object.keys(FIELDS)],
  sensitive: ['content', 'customer_encryption.encryption_key'],
  validate: validateObject,

  plan(planned, { prior }) {
    const [bucket, name] = [text(planned, 'bucket'), text(planned, 'name')];
    if (name !== undefined) planned['output_name'] = name;
    if (name !== undefined && bucket !== undefined) {
      Object.assign(planned, { id: `${bucket}-${name}`, self_link: objectLink(bucket, name) });
    }
    if (prior && plannedMd5(planned) !== prior['md5hash']) {
      for (const attribute of FOLLOW_CONTENT) planned[attribute] = UNKNOWN;
    }
  },

  async create(planned, { products: { storage } }) {
    refuseErrors(validateObject(configured(planned)));
    const bucket = inGooglesWords(() => storage.requireBucket(requiredText(planned, 'bucket')));
    return attributesOf(bucket, await upload(bucket, planned), planned);
  },

  async read(state, { products: { storage } }) {
    const bucket = storage.bucket(requiredText(state, 'bucket'));
    const object = bucket?.get(requiredText(state, 'name'));
    return bucket && object ? attributesOf(bucket, object, state) : null;
  },

  async update(planned, prior, { products: { storage } }) {
    refuseErrors(validateObject(configured(planned)));
    const bucket = inGooglesWords(() => storage.requireBucket(requiredText(planned, 'bucket')));
    const changed = planned['md5hash'] === UNKNOWN || planned['source_md5hash'] !== prior['source_md5hash'];
    const object = changed
      ? await upload(bucket, planned)
      : inGooglesWords(() => bucket.require(requiredText(planned, 'name')));
    return attributesOf(bucket, object, planned);
  },

  async delete(state, { products: { storage } }) {
    if (state['deletion_policy'] === 'ABANDON') return;
    const bucket = storage.bucket(requiredText(state, 'bucket'));
    const name = requiredText(state, 'name');
    if (bucket?.get(name)) bucket.delete(name, undefined, {});
  },
};

/** A planned resource without what is left to the provider, which is all that is unknown in an apply. */
function configured(planned: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(planned).map(([name, value]) => [name, value === UNKNOWN ? null : value]),
  );
}

/** MD5 of the content to be, base64; undefined when it is not known yet. */
function plannedMd5(planned: Attributes): string | undefined {
  const content = text(planned, 'content');
  const source = text(planned, 'source');
  try {
    const bytes = source === undefined ? content : readFileSync(source);
    return bytes === undefined ? undefined : createHash('md5').update(bytes).digest('base64');
  } catch {
    // The file may be made during the apply, which reads it again and says so where it cannot.
    return undefined;
  }
}

async function upload(bucket: Bucket, planned: Attributes): Promise<StoredObject> {
  const bytes = await contentOf(planned);
  const staged = await bucket.stage();
  await staged.append(bytes);
  try {
    return await bucket.insert(staged, {
      name: requiredText(planned, 'name'),
      fields: { ...contentTypeOf(planned, bytes), ...codec.toApi(planned) },
      preconditions: {},
      declared: {},
      // Terraform acts for the project's owner.
      authorize: () => undefined,
    });
  } catch (error) {
    throw toResourceError(error);
  }
}

async function contentOf(planned: Attributes): Promise<Buffer> {
  const source = text(planned, 'source');
  if (source === undefined) return Buffer.from(requiredText(planned, 'content'));
  try {
    return await readFile(source);
  } catch (cause) {
    throw new ResourceError(`The file "${source}" cannot be read: ${String(cause)}`, {
      cause,
      path: ['source'],
    });
  }
}

/**
 * The type of content that nobody has chosen one for. Google's client takes it for text, or for bytes where one of the
 * first 512 does not occur in text (https://mimesniff.spec.whatwg.org/#binary-data-byte); it knows some formats more.
 */
function contentTypeOf(planned: Attributes, bytes: Buffer): ObjectFields {
  if (planned['force_empty_content_type'] === true) return { contentType: '' };
  if (planned['content_type'] !== UNKNOWN) return {};
  const binary = bytes
    .subarray(0, 512)
    .some((byte) => byte < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d, 0x1b].includes(byte));
  return { contentType: binary ? 'application/octet-stream' : 'text/plain; charset=utf-8' };
}

function attributesOf(bucket: Bucket, object: StoredObject, prior: Attributes): Attributes {
  const { name } = bucket.record;
  return {
    ...prior,
    ...codec.toAttributes(object.fields, prior),
    id: `${name}-${object.name}`,
    self_link: objectLink(name, object.name),
    media_link: mediaLink(name, object),
    output_name: object.name,
    content: text(prior, 'content') ?? null,
    kms_key_name: null,
    generation: object.generation,
    crc32c: object.crc32c,
    md5hash: object.md5Hash,
    md5hexhash: Buffer.from(object.md5Hash, 'base64').toString('hex'),
  };
}

function validateObject(config: Attributes): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const [name, what] of Object.entries(NOT_MODELLED)) {
    if (isSet(config, name) && config[name] !== false) {
      diagnostics.push(
        refusal(
          [name],
          `"${name}" is not modelled in the local cloud`,
          `${what} not there. Leave it out locally.`,
        ),
      );
    }
  }
  if (isSet(config, 'content') === isSet(config, 'source')) {
    diagnostics.push(
      refusal(
        ['content'],
        'An object needs either "content" or "source"',
        `Write one of them; got ${isSet(config, 'content') ? 'both' : 'neither'}.`,
      ),
    );
  }
  const source = text(config, 'source');
  if (source !== undefined && !isAbsolute(source)) {
    diagnostics.push(
      refusal(
        ['source'],
        `"${source}" is a relative path`,
        'The local cloud runs in another directory than Terraform. Write an absolute path, such as "${abspath(...)}".',
      ),
    );
  }
  const policy = text(config, 'deletion_policy');
  if (policy !== undefined && policy !== 'ABANDON') {
    diagnostics.push(
      refusal(['deletion_policy'], `"${policy}" is not a deletion policy`, 'Write "ABANDON" or nothing.'),
    );
  }
  return diagnostics;
}
