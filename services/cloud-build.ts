import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type BuildTool,
  GCLOUD_LOGIN,
  notBuilt,
  PublishError,
  type Remedy,
  remedyFor,
  run,
} from './build-tool';

const REMEDIES: readonly Remedy[] = [
  GCLOUD_LOGIN,
  [
    /SERVICE_DISABLED|has not been used in project|not enabled on project|is disabled/,
    'an API is not enabled; run: gcloud services enable cloudbuild.googleapis.com artifactregistry.googleapis.com',
  ],
  [
    /PERMISSION_DENIED|does not have permission|forbidden/i,
    'the account may not build or push; it needs roles/cloudbuild.builds.editor and roles/artifactregistry.writer',
  ],
];

/** Cloud Build, which pushes what it has built. */
export const cloudBuild: BuildTool = {
  has(image) {
    return gcloud(['artifacts', 'docker', 'images', 'describe', image, ...flagsFor(image)]).status === 0;
  },

  publish(image, context) {
    // Without this file gcloud leaves out what it takes for rubbish.
    writeFileSync(join(context, '.gcloudignore'), '');
    // Streaming the log takes rights on the project that building does not, and fails the command without them.
    const args = ['builds', 'submit', context, '--tag', image, '--suppress-logs', ...flagsFor(image)];
    const { status, stderr } = gcloud(args);
    if (status === 0) return;
    throw notBuilt(image, remedyFor(stderr, REMEDIES) ?? 'gcloud builds submit failed', 'gcloud', stderr);
  },
};

function gcloud(args: readonly string[]): { readonly status: number | null; readonly stderr: string } {
  return run(
    'gcloud',
    args,
    'gcloud is not installed; see https://cloud.google.com/sdk/docs/install, or use ServiceCode.fromImage(uri)',
  );
}

function flagsFor(image: string): string[] {
  return ['--project', projectOf(image), '--quiet'];
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
