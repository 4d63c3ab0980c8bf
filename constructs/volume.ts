import type { CloudRunV2ServiceTemplateVolumes } from '@cdktf/provider-google/lib/cloud-run-v2-service';
import { Token } from 'cdktf';
import type { BucketUseOptions, UsableBucket } from './bucket-location';
import { secretVolumeName } from './names';
import { numberText } from './number-text';
import type { Secret } from './secret';
import { checkNumber, ValidationError } from './validation';

/** A DNS label. */
const NAME = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const PATH = /^(?:\/[\w.-]+)+$/;
/** The container's own (Cloud Run, "Mount a Cloud Storage bucket"). */
const RESERVED_PATH = /^\/(?:dev|proc|sys)(?:\/|$)/;
/** The mode that Cloud Run gives the files of a secret by itself: everybody in the container may read them. */
const READABLE = 0o444;

/** Files that containers of a service see at their mount paths. Containers that mount the same volume share it. */
export class Volume {
  /** An empty directory in memory, which counts towards the memory of the container that writes to it. */
  static inMemory(name: string, options: { readonly sizeMiB: number }): Volume {
    return new Volume(name, { sizeMiB: options.sizeMiB });
  }

  /**
   * A bucket as a directory, through Cloud Storage FUSE. The service that mounts it is granted its objects. Each file
   * operation is at least one request to Cloud Storage, so the bucket must be in the service's region.
   */
  static bucket(name: string, bucket: UsableBucket, options: BucketUseOptions = {}): Volume {
    return new Volume(name, { bucket, options });
  }

  /** One secret as one file. Containers get it by `addSecret()`. */
  static secretFile(path: string, secret: Secret): Volume {
    return new Volume(secretVolumeName(path), { secret, file: path.slice(path.lastIndexOf('/') + 1) });
  }

  private constructor(
    readonly name: string,
    readonly source:
      | { readonly sizeMiB: number }
      | { readonly bucket: UsableBucket; readonly options: BucketUseOptions }
      | { readonly secret: Secret; readonly file: string },
  ) {}
}

/** Throws TCR022 when the volume cannot be used by a container with so much memory. */
export function checkVolume(path: string, { name, source }: Volume, memoryMiB: number): void {
  if (!NAME.test(name)) {
    throw new ValidationError(
      'TCR022',
      path,
      "a volume's name must be at most 63 lower-case letters, digits and '-', first a letter and last no '-', " +
        `got '${name}'`,
    );
  }
  if (!('sizeMiB' in source)) return;
  checkNumber(path, `sizeMiB of the volume '${name}'`, source.sizeMiB, { min: 1, max: 32_768 });
  if (Token.isUnresolved(source.sizeMiB) || Token.isUnresolved(memoryMiB) || source.sizeMiB <= memoryMiB)
    return;
  throw new ValidationError(
    'TCR022',
    path,
    `the volume '${name}' of ${source.sizeMiB} MiB is kept in the container's memory, which is ${memoryMiB} MiB; ` +
      'lower sizeMiB or raise memoryMiB',
  );
}

/** Throws TCR021 for a path that nothing can be mounted at. */
export function checkMountPath(path: string, mountPath: string): void {
  if (PATH.test(mountPath) && !RESERVED_PATH.test(mountPath)) return;
  throw new ValidationError(
    'TCR021',
    path,
    `a mount path must be absolute, such as '/data', without a '/' at its end and not within /dev, /proc or /sys, ` +
      `got '${mountPath}'`,
  );
}

/** @param name which is another one than the volume's own where two volumes would clash */
export function renderVolume(name: string, { source }: Volume): CloudRunV2ServiceTemplateVolumes {
  if ('sizeMiB' in source) {
    return { name, emptyDir: { medium: 'MEMORY', sizeLimit: `${numberText(source.sizeMiB)}Mi` } };
  }
  if ('bucket' in source) {
    return { name, gcs: { bucket: source.bucket.name, readOnly: source.options.readOnly ?? false } };
  }
  const { secret, version } = source.secret;
  return { name, secret: { secret, defaultMode: READABLE, items: [{ path: source.file, version }] } };
}
