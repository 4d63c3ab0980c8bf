import { type BuildTool, GCLOUD_LOGIN, notBuilt, type Remedy, remedyFor, run } from './build-tool';

/** Container runtime contract of Cloud Run, "Supported languages and images". A laptop may well be arm64. */
const PLATFORM = 'linux/amd64';

/**
 * What makes the same bundle the same image: times of the image and of the directories in it, and no attestations, which
 * hold the time of the build and make a second version of each image. BuildKit obeys both, the legacy builder neither.
 */
const REPRODUCIBLE = { SOURCE_DATE_EPOCH: '0', BUILDX_NO_DEFAULT_ATTESTATIONS: '1' };

/** The `docker` on this machine, or what calls itself so. */
export const dockerBuild: BuildTool = {
  has(image) {
    const { status, stderr } = docker(['manifest', 'inspect', image]);
    const remedy = remedyFor(stderr, remediesFor(image));
    // Who may not look into the registry is told before the build, not after it.
    if (status !== 0 && remedy !== undefined) throw notBuilt(image, remedy, 'docker', stderr);
    return status === 0;
  },

  publish(image, context) {
    for (const args of [
      ['build', '--platform', PLATFORM, '--tag', image, context],
      ['push', image],
    ]) {
      const { status, stderr } = docker(args);
      if (status === 0) continue;
      const remedy = remedyFor(stderr, remediesFor(image)) ?? `docker ${args[0]} failed`;
      throw notBuilt(image, remedy, 'docker', stderr);
    }
  },
};

function docker(args: readonly string[]): { readonly status: number | null; readonly stderr: string } {
  return run(
    'docker',
    args,
    'docker is not installed; see https://docs.docker.com/get-started/get-docker, or use ImageBuilder.cloudBuild()',
    REPRODUCIBLE,
  );
}

function remediesFor(image: string): Remedy[] {
  const [registry = ''] = image.split('/');
  return [
    [
      /permission denied while trying to connect/,
      'this user may not use the Docker daemon; see https://docs.docker.com/engine/install/linux-postinstall',
    ],
    [
      /Cannot connect to the Docker daemon|failed to connect to the docker API|error during connect/,
      'the Docker daemon is not running; start Docker Desktop, or run: sudo systemctl start docker',
    ],
    [
      /exec format error/,
      `this machine is ${process.arch}, and cannot run the ${PLATFORM} programs of the build; ` +
        'run: docker run --privileged --rm tonistiigi/binfmt --install amd64, or use ImageBuilder.cloudBuild()',
    ],
    [
      /docker-credential-gcloud/,
      'Docker asks gcloud for its credentials, which is not installed; see https://cloud.google.com/sdk/docs/install',
    ],
    GCLOUD_LOGIN,
    [
      // The registry says "denied: Permission ... denied" to somebody whom it does not know, too.
      /denied: |Unauthenticated|unauthorized|no basic auth credentials|authentication required/i,
      `${registry} refuses this Docker; run: gcloud auth configure-docker ${registry}, ` +
        'with an account that has roles/artifactregistry.writer',
    ],
  ];
}
