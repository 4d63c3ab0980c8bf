import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * The publish step, a program of its own that runs during the deploy: makes the bundle in BUNDLE_DIRECTORY available as
 * the image IMAGE_URI. Against Google it is built and pushed by Cloud Build, unless it is there already; where
 * LOCAL_CLOUD_REGISTRY names a local registry, that gets the directory. Exits 1 with one line when it cannot.
 */

/**
 * Node.js and nothing else, no shell: https://github.com/GoogleContainerTools/distroless. Its user `nonroot` (65532) owns
 * the code, because files keep the mode they have here, which may let nobody but their owner read them. It warms the code
 * up as well, so that nothing is left behind that it may not write.
 */
const DOCKERFILE = `FROM gcr.io/distroless/nodejs24-debian12
ENV NODE_ENV=production
WORKDIR /app
COPY --chown=65532:65532 bundle/ ./
USER nonroot
RUN ["/nodejs/bin/node", "warm-up.js"]
CMD ["main.js"]
`;

/** What gcloud says in its many ways, and what helps. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /active account|gcloud auth login|[Rr]eauthenticat|auth tokens/,
    'gcloud is not logged in; run: gcloud auth login',
  ],
  [
    /SERVICE_DISABLED|has not been used in project|not enabled on project|is disabled/,
    'an API is not enabled; run: gcloud services enable cloudbuild.googleapis.com artifactregistry.googleapis.com',
  ],
  [
    /PERMISSION_DENIED|does not have permission|forbidden/i,
    'the account may not build or push; it needs roles/cloudbuild.builds.editor and roles/artifactregistry.writer',
  ],
];

class PublishError extends Error {}

async function publish(env: NodeJS.ProcessEnv): Promise<string> {
  const image = required(env, 'IMAGE_URI');
  const directory = resolve(required(env, 'BUNDLE_DIRECTORY'));
  if (!existsSync(join(directory, 'main.js'))) {
    throw new PublishError(`BUNDLE_DIRECTORY is '${directory}', where there is no main.js; synthesize again`);
  }
  const registry = env['LOCAL_CLOUD_REGISTRY'];
  if (registry) return publishLocally(registry, image, directory);
  return buildAndPush(image, directory);
}

async function publishLocally(registry: string, image: string, directory: string): Promise<string> {
  const request = {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ directory }),
  };
  let response: Response;
  try {
    response = await fetch(`${registry}/images?uri=${encodeURIComponent(image)}`, request);
  } catch (error) {
    throw new PublishError(
      `no answer from the local registry, LOCAL_CLOUD_REGISTRY=${registry}; is the local cloud running?`,
      { cause: error },
    );
  }
  if (!response.ok) {
    throw new PublishError(`the local registry answered ${response.status}: ${await response.text()}`);
  }
  return `${image} published to the local registry`;
}

function buildAndPush(image: string, directory: string): string {
  const flags = ['--project', projectOf(image), '--quiet'];
  const found = gcloud(['artifacts', 'docker', 'images', 'describe', image, ...flags]);
  if (found.status === 0) return `${image} is there already`;

  const context = mkdtempSync(join(tmpdir(), 'image-'));
  try {
    cpSync(directory, join(context, 'bundle'), { recursive: true });
    writeFileSync(join(context, 'Dockerfile'), DOCKERFILE);
    // Without this file gcloud leaves out what it takes for rubbish.
    writeFileSync(join(context, '.gcloudignore'), '');
    // Streaming the log takes rights on the project that building does not, and fails the command without them.
    const built = gcloud(['builds', 'submit', context, '--tag', image, '--suppress-logs', ...flags]);
    if (built.status !== 0) throw new PublishError(explain(image, built.stderr));
  } finally {
    rmSync(context, { recursive: true });
  }
  return `${image} built and pushed`;
}

function gcloud(args: readonly string[]): { status: number | null; stderr: string } {
  const { error, status, stderr } = spawnSync('gcloud', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (!error) return { status, stderr };
  const remedy =
    'code' in error && error.code === 'ENOENT'
      ? 'gcloud is not installed; see https://cloud.google.com/sdk/docs/install, or use ServiceCode.fromImage(uri)'
      : `gcloud cannot be run: ${error.message}`;
  throw new PublishError(remedy);
}

function explain(image: string, stderr: string): string {
  const [, remedy] = REMEDIES.find(([pattern]) => pattern.test(stderr)) ?? [];
  const said = stderr.trim().split('\n').slice(-3).join(' ');
  return `${image} was not built: ${remedy ?? 'gcloud builds submit failed'} (gcloud: ${said})`;
}

/** `europe-west1-docker.pkg.dev/my-project/images/gateway:tag` -> `my-project`; domains are a segment of their own. */
function projectOf(image: string): string {
  const project = image.split('/').slice(1, -2).join(':');
  if (project === '') {
    throw new PublishError(
      `IMAGE_URI is '${image}'; want LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/NAME:TAG`,
    );
  }
  return project;
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (!value) throw new PublishError(`${name} is not set; the deploy sets it`);
  return value;
}

publish(process.env).then(
  (done) => process.stdout.write(`${done}\n`),
  (error: unknown) => {
    const text = error instanceof PublishError ? error.message : String(error);
    process.stderr.write(`publish: ${text}\n`);
    process.exitCode = 1;
  },
);
