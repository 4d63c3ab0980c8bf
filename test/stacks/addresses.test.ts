import { readFileSync } from 'node:fs';
import { ServiceAccount } from '@cdktf/provider-google/lib/service-account';
import { StorageBucket } from '@cdktf/provider-google/lib/storage-bucket';
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member';
import type { TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import * as constructs from '../../constructs';
import {
  addressesFile,
  currentVersion,
  deployed,
  deployedNow,
  keptVersions,
  losses,
  readRelease,
  renderRelease,
  upgradedFrom,
} from '../helpers/addresses';
import { everyOption } from '../helpers/every-option';
import { testStack } from '../helpers/synth';

const version = currentVersion();

describe('an upgrade to this version', () => {
  const now = deployedNow();

  test.each(upgradedFrom(version, keptVersions()))('from %s destroys and replaces nothing', (from) => {
    const found = Object.entries(readRelease(from)).flatMap(([id, before]) => {
      const stack = now[id];
      return stack ? losses(before, stack) : [`the stack ${id} is gone`];
    });
    expect(found).toEqual([]);
  });

  test('is from a known place the next time: npm run addresses keeps what this version deploys', () => {
    expect(readFileSync(addressesFile(version), 'utf8')).toBe(renderRelease(now));
  });
});

test('the stack with every option has every construct there is', () => {
  const exported: unknown[] = Object.values(constructs);
  const inStack = everyOption().node.findAll();
  const classes = exported.filter((one) => typeof one === 'function' && one.prototype instanceof Construct);
  expect(classes).toContain(constructs.TracedCloudRunService);
  expect(classes.filter((one) => !inStack.some(({ constructor }) => constructor === one))).toEqual([]);
});

describe('what is lost', () => {
  const before = deployed(stackWith((stack) => bucketWithReader(stack, 'documents', 'reader'))).addresses;
  const lossesIn = (compose: (stack: TerraformStack) => void): string[] =>
    losses(before, deployed(stackWith(compose)));

  test('is nothing where nothing has changed, and where something was added', () => {
    expect(
      lossesIn((stack) => {
        bucketWithReader(stack, 'documents', 'reader');
        new ServiceAccount(stack, 'writer', { accountId: 'the-writer' });
      }),
    ).toEqual([]);
  });

  test('is what has another address', () => {
    expect(lossesIn((stack) => bucketWithReader(stack, 'files', 'reader'))).toEqual([
      'google_storage_bucket.documents is gone, so it would be destroyed: keep its construct id, or call ' +
        "moveFromId('google_storage_bucket.documents') on the resource in its place, or release a new major version",
      'bucket of google_storage_bucket_iam_member.grant was "${google_storage_bucket.documents.name}" and is ' +
        '"${google_storage_bucket.files.name}", so it would be replaced: keep the value, or release a new major version',
    ]);
  });

  test('is nothing where it was moved, nor in what refers to it', () => {
    expect(
      lossesIn((stack) => {
        const { bucket, reader } = bucketWithReader(stack, 'files', 'viewer');
        bucket.moveFromId('google_storage_bucket.documents');
        reader.moveFromId('google_service_account.reader');
      }),
    ).toEqual([]);
  });

  test('is what cannot be changed in place', () => {
    expect(
      lossesIn((stack) => {
        const { bucket } = bucketWithReader(stack, 'documents', 'reader');
        bucket.location = 'US-CENTRAL1';
        bucket.storageClass = 'NEARLINE';
      }),
    ).toEqual([
      'location of google_storage_bucket.documents was "EUROPE-WEST1" and is "US-CENTRAL1", so it would be replaced: ' +
        'keep the value, or release a new major version',
    ]);
  });
});

test.each([
  ['1.4.2', ['1.0.0', '1.4.1']],
  ['0.2.1', ['0.2.0']],
])('%s must not lose what %j deployed, and other lines may', (to, from) => {
  expect(upgradedFrom(to, ['0.1.0', '0.2.0', '1.0.0', '1.4.1', '2.0.0'])).toEqual(from);
});

function stackWith(compose: (stack: TerraformStack) => void): TerraformStack {
  const stack = testStack();
  compose(stack);
  return stack;
}

function bucketWithReader(stack: TerraformStack, bucketId: string, readerId: string) {
  const bucket = new StorageBucket(stack, bucketId, {
    name: 'the-documents',
    location: 'EUROPE-WEST1',
    uniformBucketLevelAccess: true,
    publicAccessPrevention: 'enforced',
    versioning: { enabled: true },
    lifecycleRule: [{ action: { type: 'Delete' }, condition: { daysSinceNoncurrentTime: 30 } }],
    softDeletePolicy: { retentionDurationSeconds: 604_800 },
  });
  const reader = new ServiceAccount(stack, readerId, { accountId: 'the-reader' });
  new StorageBucketIamMember(stack, 'grant', {
    bucket: bucket.name,
    role: 'roles/storage.objectViewer',
    member: `serviceAccount:${reader.email}`,
  });
  return { bucket, reader };
}
