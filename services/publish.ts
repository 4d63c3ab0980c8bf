import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type BuildTool, PublishError } from './build-tool';
import { cloudBuild } from './cloud-build';
import { dockerBuild } from './docker-build';
import { DOCKERFILE } from './dockerfile';

/**
 * The publish step, a program of its own that runs during the deploy: makes the bundle in BUNDLE_DIRECTORY available as
 * the image IMAGE_URI. Against Google it is built and pushed by IMAGE_BUILDER, unless it is there already; where
 * LOCAL_CLOUD_REGISTRY names a local registry, that gets the directory. Exits 1 with one line when it cannot.
 */

const BUILD_TOOLS: ReadonlyMap<string, BuildTool> = new Map([
  ['cloud-build', cloudBuild],
  ['docker', dockerBuild],
]);

async function publish(env: NodeJS.ProcessEnv): Promise<string> {
  const image = required(env, 'IMAGE_URI');
  const directory = resolve(required(env, 'BUNDLE_DIRECTORY'));
  if (!existsSync(join(directory, 'main.js'))) {
    throw new PublishError(`BUNDLE_DIRECTORY is '${directory}', where there is no main.js; synthesize again`);
  }
  const registry = env['LOCAL_CLOUD_REGISTRY'];
  if (registry) return publishLocally(registry, image, directory);
  return buildAndPush(buildTool(env), image, directory);
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

function buildAndPush(tool: BuildTool, image: string, directory: string): string {
  if (tool.has(image)) return `${image} is there already`;

  const context = mkdtempSync(join(tmpdir(), 'image-'));
  try {
    cpSync(directory, join(context, 'bundle'), { recursive: true });
    writeFileSync(join(context, 'Dockerfile'), DOCKERFILE);
    stopClock(context);
    tool.publish(image, context);
  } finally {
    rmSync(context, { recursive: true });
  }
  return `${image} built and pushed`;
}

/** Sets the time of every file, which an image keeps, so that the same bundle is the same layer whenever it is built. */
function stopClock(directory: string): void {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  for (const path of paths) utimesSync(join(directory, path), 0, 0);
}

function buildTool(env: NodeJS.ProcessEnv): BuildTool {
  const name = required(env, 'IMAGE_BUILDER');
  const tool = BUILD_TOOLS.get(name);
  if (tool) return tool;
  throw new PublishError(`IMAGE_BUILDER is '${name}', allowed is ${[...BUILD_TOOLS.keys()].join(', ')}`);
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
