import { join, resolve } from 'node:path';
import { ImageBuilder, ServiceCode, TracedCloudRunService } from '../../constructs';
import { bundleService } from '../../services/bundle';
import { DOCKERFILE, imageTag } from '../../services/dockerfile';
import { addresses, cloudRunService, resource, synth, testStack, waitsFor } from '../helpers/synth';

const services = join(__dirname, '..', '..', 'services');
const PUBLISH = 'terraform_data';
const REPOSITORY = 'google_artifact_registry_repository';

/** A stack with a service per directory under services/. */
function synthDirectories(...names: readonly string[]) {
  const stack = testStack();
  for (const name of names) {
    new TracedCloudRunService(stack, name, { code: ServiceCode.fromDirectory(join(services, name)) });
  }
  return synth(stack);
}

describe('code from an image', () => {
  test('is run as it is, and nothing is published', () => {
    const stack = testStack();
    new TracedCloudRunService(stack, 'gateway', { code: ServiceCode.fromImage('host/api@sha256:0a') });
    const synthesized = synth(stack);
    expect(cloudRunService(synthesized).container.image).toBe('host/api@sha256:0a');
    expect(addresses(synthesized, PUBLISH)).toEqual([]);
    expect(addresses(synthesized, REPOSITORY)).toEqual([]);
    expect(addresses(synthesized, 'google_project_service')).not.toContain(
      'google_project_service.api-artifactregistry',
    );
  });
});

describe('code from a directory', () => {
  test('is published by the deploy under the hash of what it is made of, before the service starts', () => {
    const synthesized = synthDirectories('storage');
    const publish = resource(synthesized, PUBLISH);
    const { image } = cloudRunService(synthesized).container;
    expect(image).toMatch(
      /^\$\{google_artifact_registry_repository\.images\.location\}-docker\.pkg\.dev\/my-project\/\$\{google_artifact_registry_repository\.images\.repository_id\}\/storage:[0-9a-f]+$/,
    );
    expect(publish).toMatchObject({
      triggers_replace: image,
      provisioner: [
        {
          'local-exec': {
            command: expect.stringMatching(/^node assets\/publisher\/[^/ ]+\/[^/ ]+\.js$/),
            environment: {
              IMAGE_URI: image,
              BUNDLE_DIRECTORY: expect.stringMatching(/^assets\/storage_image_bundle_[0-9A-F]+\/[0-9a-f]+$/),
              IMAGE_BUILDER: 'cloud-build',
            },
          },
        },
      ],
    });
    const needed = waitsFor(synthesized, 'google_cloud_run_v2_service.storage');
    expect(needed).toContain(addresses(synthesized, PUBLISH)[0]);
    expect(needed).toContain(`${REPOSITORY}.images`);
    expect(needed).toContain('google_project_service.api-artifactregistry');
    expect(needed).toContain('google_project_service.api-cloudbuild');
  });

  test('is another image when it is made in another way', () => {
    const hash = '0123456789abcdef';
    expect(imageTag(hash)).toBe(imageTag(hash, DOCKERFILE));
    expect(imageTag(hash)).not.toBe(imageTag(hash, DOCKERFILE.replace('debian12', 'debian13')));
    expect(imageTag(hash)).not.toBe(imageTag('0123456789abcdee'));

    const bundle = bundleService(join(services, 'storage'));
    const { image } = cloudRunService(synthDirectories('storage')).container;
    expect(image).toMatch(new RegExp(`:${imageTag(bundle.hash)}$`));
  });

  test('shares one repository and one publisher per stack', () => {
    const synthesized = synthDirectories('gateway', 'storage');
    expect(resource(synthesized, REPOSITORY)).toMatchObject({
      repository_id: 'shop',
      location: 'europe-west1',
      format: 'DOCKER',
    });
    const commands = addresses(synthesized, PUBLISH).map((address) =>
      JSON.stringify(synthesized.resources[address]?.['provisioner']).replace(/"environment".*/, ''),
    );
    expect(commands).toHaveLength(2);
    expect(new Set(commands).size).toBe(1);
  });

  test('is built by Docker when asked, without Cloud Build', () => {
    const stack = testStack();
    new TracedCloudRunService(stack, 'storage', {
      code: ServiceCode.fromDirectory(join(services, 'storage'), { imageBuilder: ImageBuilder.docker() }),
    });
    const synthesized = synth(stack);
    expect(resource(synthesized, PUBLISH)).toMatchObject({
      provisioner: [{ 'local-exec': { environment: { IMAGE_BUILDER: 'docker' } } }],
    });
    const apis = addresses(synthesized, 'google_project_service');
    expect(apis).toContain('google_project_service.api-artifactregistry');
    expect(apis).not.toContain('google_project_service.api-cloudbuild');
  });

  test('leaves the newest images of each service, and deletes older ones after a month', () => {
    expect(resource(synthDirectories('gateway'), REPOSITORY)).toMatchObject({
      cleanup_policies: [
        { id: 'keep-newest', action: 'KEEP', most_recent_versions: { keep_count: 10 } },
        { id: 'delete-old', action: 'DELETE', condition: { tag_state: 'ANY', older_than: '2592000s' } },
      ],
      cleanup_policy_dry_run: false,
    });
    expect(resource(synthDirectories('gateway'), REPOSITORY)).not.toHaveProperty('docker_config');
  });

  test.each(['images', 'publisher'])('is refused for a service whose id is %s', (id) => {
    const code = ServiceCode.fromDirectory(join(services, 'storage'));
    const message = `TCR001 at shop/${id}: the stack has '${id}' once for all its services`;
    const first = testStack();
    expect(() => new TracedCloudRunService(first, id, { code })).toThrow(message);

    const second = testStack();
    new TracedCloudRunService(second, 'storage', { code });
    expect(() => new TracedCloudRunService(second, id, { code })).toThrow(message);
  });

  test('is refused where there is no service', () => {
    const code = ServiceCode.fromDirectory('no/such');
    expect(() => new TracedCloudRunService(testStack(), 'gateway', { code })).toThrow(
      `TCR018 at shop/gateway: there is no main.ts in 'no/such', which is ${resolve('no/such')}; ` +
        "write ServiceCode.fromDirectory(join(__dirname, '...')) with the directory of the service",
    );
  });
});
