import type { ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';
import { PublishedImage } from './published-image';

/** The image a service runs, and what must exist before it can be pulled. */
interface ServiceImage {
  readonly uri: string;
  readonly publishedBy: readonly ITerraformDependable[];
}

/** What a service runs. */
export abstract class ServiceCode {
  /** An image that is built elsewhere, best by digest: `europe-docker.pkg.dev/my-project/images/api@sha256:...`. */
  static fromImage(uri: string): ServiceCode {
    return new ImageCode(uri);
  }

  /**
   * A directory of TypeScript or JavaScript with a `main.ts`. It is bundled at synth, and published under the hash of
   * the bundle during the deploy. A relative path starts at the working directory.
   */
  static fromDirectory(directory: string): ServiceCode {
    return new DirectoryCode(directory);
  }

  /** Called by the service. Adds to it what it takes to publish the code. */
  abstract bind(service: Construct, region: string): ServiceImage;
}

class ImageCode extends ServiceCode {
  readonly #uri: string;

  constructor(uri: string) {
    super();
    this.#uri = uri;
  }

  override bind(): ServiceImage {
    return { uri: this.#uri, publishedBy: [] };
  }
}

class DirectoryCode extends ServiceCode {
  readonly #directory: string;

  constructor(directory: string) {
    super();
    this.#directory = directory;
  }

  override bind(service: Construct, region: string): ServiceImage {
    const image = new PublishedImage(service, 'image', { directory: this.#directory, region });
    return { uri: image.uri, publishedBy: [image.published] };
  }
}
