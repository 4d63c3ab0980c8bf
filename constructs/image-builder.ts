import type { GoogleApi } from './google-project';

/** What builds the image of a directory during the deploy, and pushes it to Artifact Registry. */
export class ImageBuilder {
  /** Cloud Build, through `gcloud`: nothing is built on the machine that deploys. */
  static cloudBuild(): ImageBuilder {
    return new ImageBuilder('cloud-build', ['cloudbuild']);
  }

  /**
   * The `docker` of the machine that deploys, which has to be logged in to the registry by `gcloud auth configure-docker`.
   * The image is built for linux/amd64, the platform of Cloud Run, whatever the machine is.
   */
  static docker(): ImageBuilder {
    return new ImageBuilder('docker', []);
  }

  private constructor(
    /** As the publish step and `imageBuilder` in cdktf.json know it. */
    readonly name: 'cloud-build' | 'docker',
    /** APIs it needs besides the registry's. */
    readonly apis: readonly GoogleApi[],
  ) {}
}
