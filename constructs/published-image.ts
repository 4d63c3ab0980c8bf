import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ArtifactRegistryRepository } from '@cdktf/provider-google/lib/artifact-registry-repository';
import {
  AssetType,
  type ITerraformDependable,
  TerraformAsset,
  TerraformResource,
  TerraformStack,
} from 'cdktf';
import { Construct } from 'constructs';
import { bundleCacheOf, bundlePublisher, bundleService } from '../services/bundle';
import { imageTag } from '../services/dockerfile';
import { enableApi, projectOf } from './google-project';
import type { ImageBuilder } from './image-builder';
import { repositoryId } from './names';
import { IMAGES_ID, PUBLISHER_ID } from './stack-ids';
import { freeId, ValidationError } from './validation';

/** The program of a service, in its directory. */
const ENTRY = 'main.ts';

/**
 * What the repository keeps, because an image is some tens of megabytes of which a service changes a few: the newest ten
 * of each service, which is two weeks of a deploy a working day to go back to, and whatever is younger than 30 days.
 *
 * An image is deleted only when it is neither: keep policies win over delete policies (Artifact Registry, "Cleanup policy
 * overview"). The one that is deployed is the newest, unless its code was gone back to after ten others had been
 * published; Cloud Run itself keeps a copy of what a serving revision runs ("Deploying container images"), but a change
 * of the service that leaves its code alone is a new revision, which pulls.
 *
 * Tags stay mutable: no tagged image can be deleted otherwise ("Update repository settings"), and each of ours has a tag.
 */
const KEEP_VERSIONS = 10;
const KEEP_DAYS = 30;
const SECONDS_PER_DAY = 86_400;

interface PublishedImageProps {
  /** Directory of the service's code. */
  readonly directory: string;
  readonly region: string;
  readonly imageBuilder: ImageBuilder;
}

/**
 * An image made of a directory of code. The bundle is an asset of the stack, so that what is deployed is what was
 * synthesized; a provisioner publishes it during the deploy, so that a bare `cdktf deploy` is enough.
 */
export class PublishedImage extends Construct {
  /** Tagged with the hash of the bundle and the Dockerfile: the same code is the same image, and a change a new revision. */
  readonly uri: string;
  /** Done when the image can be pulled. */
  readonly published: ITerraformDependable;

  constructor(scope: Construct, id: string, props: PublishedImageProps) {
    super(scope, id);
    checkDirectory(scope.node.path, props.directory);
    const bundle = bundleService(props.directory);
    const asset = new TerraformAsset(this, 'bundle', {
      path: bundle.directory,
      type: AssetType.DIRECTORY,
      assetHash: bundle.hash,
    });
    const repository = repositoryOf(this, props.region);
    this.uri = `${repository.location}-docker.pkg.dev/${projectOf(this)}/${repository.repositoryId}/${scope.node.id}:${imageTag(bundle.hash)}`;

    // cdktf's own DataResource would run `terraform version` at every synth.
    const publish = new TerraformResource(this, 'Default', {
      terraformResourceType: 'terraform_data',
      provisioners: [
        {
          type: 'local-exec',
          command: `node ${publisherOf(this, props.directory).path}`,
          environment: {
            IMAGE_URI: this.uri,
            BUNDLE_DIRECTORY: asset.path,
            IMAGE_BUILDER: props.imageBuilder.name,
          },
        },
      ],
      dependsOn: [repository, ...props.imageBuilder.apis.map((api) => enableApi(this, api))],
    });
    publish.addOverride('triggers_replace', this.uri);
    this.published = publish;
  }
}

function checkDirectory(path: string, directory: string): void {
  if (existsSync(join(directory, ENTRY))) return;
  throw new ValidationError(
    'TCR018',
    path,
    `there is no ${ENTRY} in '${directory}', which is ${resolve(directory)}; ` +
      "write ServiceCode.fromDirectory(join(__dirname, '...')) with the directory of the service",
  );
}

/** The repository of the stack's images; it is in the region of the first service that needs it. */
function repositoryOf(scope: Construct, region: string): ArtifactRegistryRepository {
  const stack = TerraformStack.of(scope);
  const existing = stack.node.tryFindChild(IMAGES_ID);
  if (existing instanceof ArtifactRegistryRepository) return existing;
  return new ArtifactRegistryRepository(stack, freeId(stack, IMAGES_ID), {
    repositoryId: repositoryId(stack),
    location: region,
    format: 'DOCKER',
    description: `Images of the services of ${stack.node.id}`,
    cleanupPolicies: [
      { id: 'keep-newest', action: 'KEEP', mostRecentVersions: { keepCount: KEEP_VERSIONS } },
      {
        id: 'delete-old',
        action: 'DELETE',
        // In seconds, as Google answers: days would be a difference in every plan, of a set, where nothing suppresses it.
        condition: { tagState: 'ANY', olderThan: `${KEEP_DAYS * SECONDS_PER_DAY}s` },
      },
    ],
    cleanupPolicyDryRun: false,
    dependsOn: [enableApi(scope, 'artifactregistry')],
  });
}

/** The program that publishes: one plain JavaScript file in the stack's output, for all its services. */
function publisherOf(scope: Construct, directory: string): TerraformAsset {
  const stack = TerraformStack.of(scope);
  const existing = stack.node.tryFindChild(PUBLISHER_ID);
  if (existing instanceof TerraformAsset) return existing;
  const publisher = bundlePublisher(bundleCacheOf(directory));
  return new TerraformAsset(stack, freeId(stack, PUBLISHER_ID), {
    path: publisher.file,
    type: AssetType.FILE,
    assetHash: publisher.hash,
  });
}
