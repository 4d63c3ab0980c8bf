import { block, list } from '../attributes';
import { cloudRunServices } from '../cloud-run-services';
import type { PolicyRule } from '../policy-rule';
import type { SynthesizedResource } from '../synthesized-stack';

/** Names of branches and environments, whose images change under the same tag. */
const MOVING_TAG =
  /^(?:latest|main|master|trunk|head|dev|develop|edge|nightly|stable|staging|prod|production)$/i;

export const immutableImage = {
  id: 'immutable-image',
  title: 'images are named by digest or by a tag that does not move',
  why: 'Terraform sees no change behind a moving tag, so what is deployed depends on the day, and cannot be brought back',
  sources: ['Cloud Run, "Deploying container images"'],
  level: 'error',
  notWhereDisposable: true,
  pass: withImage('europe-docker.pkg.dev/my-project/images/api:3f9c2a1'),
  fail: withImage('europe-docker.pkg.dev/my-project/images/api:latest'),
  *check(stack) {
    for (const { resource, containers } of cloudRunServices(stack)) {
      if (imageIsManagedElsewhere(resource)) continue;
      for (const container of containers) {
        const image = stack.text(container['image']) ?? container['image'];
        // What ends in a reference is not known; what ends in text has its tag there.
        if (typeof image !== 'string' || image.endsWith('}') || image.includes('@sha256:')) continue;
        const [, tag] = /:([^:/@}]+)$/.exec(image) ?? [];
        if (tag !== undefined && !MOVING_TAG.test(tag)) continue;
        yield {
          resource,
          found: tag === undefined ? `the image '${image}' has no tag` : `the image has the tag '${tag}'`,
          write: "write its digest, such as 'api@sha256:...', or a tag of the commit",
        };
      }
    }
  },
} as const satisfies PolicyRule;

/** Whether something else than Terraform deploys the images. */
function imageIsManagedElsewhere({ attributes }: SynthesizedResource): boolean {
  const ignored = list(block(attributes, 'lifecycle'), 'ignore_changes');
  return ignored.some((path) => path === 'all' || path === 'template' || /\bimage$/.test(String(path)));
}

function withImage(image: string) {
  return { resource: { google_cloud_run_v2_service: { api: { template: { containers: [{ image }] } } } } };
}
