import { projectNumber } from '../project-number';
import type { BucketRecord } from './bucket';
import { locationType } from './locations';
import type { StoredObject } from './object-files';

/** A bucket as the JSON API shows it (https://cloud.google.com/storage/docs/json_api/v1/buckets#resource). */
export function bucketResource(record: BucketRecord): Record<string, unknown> {
  return {
    kind: 'storage#bucket',
    id: record.name,
    name: record.name,
    selfLink: bucketLink(record.name),
    projectNumber: String(projectNumber(record.projectId)),
    metageneration: String(record.metageneration),
    etag: etag(record.metageneration),
    location: record.location,
    locationType: locationType(record.location),
    storageClass: record.storageClass,
    timeCreated: record.timeCreated,
    updated: record.updated,
    labels: record.labels,
    versioning: { enabled: record.versioning },
    lifecycle: { rule: record.lifecycleRules },
    softDeletePolicy: { retentionDurationSeconds: String(record.softDeleteRetentionSec) },
    iamConfiguration: {
      uniformBucketLevelAccess: { enabled: record.uniformBucketLevelAccess },
      publicAccessPrevention: record.publicAccessPrevention,
    },
    ...(record.rpo === null ? {} : { rpo: record.rpo }),
  };
}

/** An object as the JSON API shows it (https://cloud.google.com/storage/docs/json_api/v1/objects#resource). */
export function objectResource(bucket: string, object: StoredObject): Record<string, unknown> {
  const { timeDeleted } = object;
  return {
    kind: 'storage#object',
    id: `${bucket}/${object.name}/${object.generation}`,
    bucket,
    name: object.name,
    selfLink: objectLink(bucket, object.name),
    mediaLink: mediaLink(bucket, object),
    generation: String(object.generation),
    metageneration: String(object.metageneration),
    etag: objectEtag(object),
    size: String(object.size),
    crc32c: object.crc32c,
    md5Hash: object.md5Hash,
    timeCreated: object.timeCreated,
    updated: object.updated,
    timeStorageClassUpdated: object.timeCreated,
    ...(timeDeleted === undefined ? {} : { timeDeleted }),
    ...object.fields,
  };
}

export function bucketLink(bucket: string): string {
  return `https://www.googleapis.com/storage/v1/b/${bucket}`;
}

export function objectLink(bucket: string, name: string): string {
  return `${bucketLink(bucket)}/o/${encodeURIComponent(name)}`;
}

/** Address to download the generation from. */
export function mediaLink(bucket: string, object: Pick<StoredObject, 'name' | 'generation'>): string {
  return (
    `https://storage.googleapis.com/download/storage/v1/b/${bucket}/o/${encodeURIComponent(object.name)}` +
    `?generation=${object.generation}&alt=media`
  );
}

export function objectEtag(object: StoredObject): string {
  return etag(`${object.generation}/${object.metageneration}`);
}

function etag(version: string | number): string {
  return Buffer.from(String(version)).toString('base64');
}
