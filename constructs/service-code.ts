import type { ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';
import { ImageBuilder } from './image-builder';
import { PublishedImage } from './published-image';

/** The image a service runs, and what must exist before it can be pulled. */
interface ServiceImage {
  readonly uri: string;
  readonly publishedBy: readonly ITerraformDependable[];
  /** Whether others deploy new images, so that only the first one is ours. */
  readonly managedElsewhere: boolean;
}

export interface ImageOptions {
  /**
   * Whether new images are deployed elsewhere, such as by `gcloud run services update --image` in CI. The image is then
   * that of the first revision only, and Terraform leaves later ones alone.
   *
   * @default false
   */
  readonly managedElsewhere?: boolean;
}

export interface DirectoryOptions {
  /**
   * What builds the image during the deploy. The local cloud takes the bundle as it is, whatever this is.
   *
   * @default ImageBuilder.cloudBuild()
   */
  readonly imageBuilder?: ImageBuilder;
}

/** What a service runs. */
export abstract class ServiceCode {
  /** An image that is built elsewhere, best by digest: `europe-docker.pkg.dev/my-project/images/api@sha256:...`. */
  static fromImage(uri: string, options: ImageOptions = {}): ServiceCode {
    return new ImageCode(uri, options.managedElsewhere ?? false);
  }

  /**
   * A directory of TypeScript or JavaScript with a `main.ts`. It is bundled at synth, and published under the hash of
   * the bundle and what the image is made by during the deploy. A relative path starts at the working directory.
   */
  static fromDirectory(directory: string, options: DirectoryOptions = {}): ServiceCode {
    return new DirectoryCode(directory, options.imageBuilder ?? ImageBuilder.cloudBuild());
  }

  /** Called by the service. Adds to it what it takes to publish the code. */
  abstract bind(service: Construct, region: string): ServiceImage;
}

class ImageCode extends ServiceCode {
  readonly #uri: string;
  readonly #managedElsewhere: boolean;

  constructor(uri: string, managedElsewhere: boolean) {
    super();
    this.#uri = uri;
    this.#managedElsewhere = managedElsewhere;
  }

  override bind(): ServiceImage {
    return { uri: this.#uri, publishedBy: [], managedElsewhere: this.#managedElsewhere };
  }
}

class DirectoryCode extends ServiceCode {
  readonly #directory: string;
  readonly #imageBuilder: ImageBuilder;

  constructor(directory: string, imageBuilder: ImageBuilder) {
    super();
    this.#directory = directory;
    this.#imageBuilder = imageBuilder;
  }

  override bind(service: Construct, region: string): ServiceImage {
    const image = new PublishedImage(service, 'image', {
      directory: this.#directory,
      region,
      imageBuilder: this.#imageBuilder,
    });
    return { uri: image.uri, publishedBy: [image.published], managedElsewhere: false };
  }
}
