/** google_storage_bucket_iam_member. */

import type { Iam } from '../../iam/iam';
import { bucketIamName, STORAGE_ROLES } from '../../storage/access';
import type { CloudStorage } from '../../storage/cloud-storage';
import { type Attributes, ResourceError, type ResourceType } from '../resource-type';
import { requiredText, text } from './attributes';
import { iamMember } from './iam-member';

interface StorageProducts {
  readonly storage: CloudStorage;
  readonly iam: Iam;
}

const bucketMember = iamMember<StorageProducts>({
  type: 'google_storage_bucket_iam_member',
  targetAttributes: ['bucket'],
  validate(config) {
    const role = text(config, 'role');
    if (role === undefined || STORAGE_ROLES.includes(role)) return [];
    return [
      {
        severity: 'error',
        summary: `The role "${role}" is not modelled on buckets in the local cloud`,
        detail: `Supported are ${STORAGE_ROLES.join(', ')}.`,
        path: ['role'],
      },
    ];
  },
  target(attributes, { products: { storage } }) {
    const name = bucketNameOf(attributes);
    if (!storage.bucket(name)) {
      throw new ResourceError(`Error 404: The specified bucket does not exist: ${name}`);
    }
    return { id: `b/${name}`, resource: bucketIamName(name) };
  },
  targetExists: (attributes, { products: { storage } }) =>
    storage.bucket(bucketNameOf(attributes)) !== undefined,
});

/** `google_storage_bucket_iam_member`. */
export const storageBucketIamMember: ResourceType<StorageProducts> = {
  ...bucketMember,
  async create(planned, request) {
    const member = requiredText(planned, 'member');
    const record = request.products.storage.bucket(bucketNameOf(planned))?.record;
    if (record?.publicAccessPrevention === 'enforced' && /^all(Authenticated)?Users$/.test(member)) {
      throw new ResourceError(
        'Error 412: The member bindings allUsers and allAuthenticatedUsers are not allowed since public access ' +
          `prevention is enforced on the bucket ${record.name}.`,
      );
    }
    return bucketMember.create(planned, request);
  },
};

/** The real provider takes `b/NAME` as well as `NAME`. */
function bucketNameOf(attributes: Attributes): string {
  return requiredText(attributes, 'bucket').replace(/^b\//, '');
}
