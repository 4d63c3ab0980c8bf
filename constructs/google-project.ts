import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { ProjectService } from '@cdktf/provider-google/lib/project-service';
import { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { apiId } from './stack-ids';
import { freeId, ValidationError } from './validation';

/** APIs the constructs can enable: the part before `.googleapis.com`. */
export type GoogleApi =
  | 'artifactregistry'
  | 'cloudbuild'
  | 'cloudresourcemanager'
  | 'cloudtrace'
  | 'iam'
  | 'logging'
  | 'monitoring'
  | 'run'
  | 'secretmanager'
  | 'storage';

/** Name of any Google API, such as `aiplatform.googleapis.com`. */
export type GoogleService = `${string}.googleapis.com`;

/**
 * Enables a Google API for the project of the stack, once per stack and API however often it is asked for, and
 * returns the resource to depend on. It stays enabled when the stack is destroyed: others may use it.
 */
export function enableApi(scope: Construct, api: GoogleApi): ProjectService {
  return enableService(scope, `${api}.googleapis.com`);
}

/** Does the same for any API. */
export function enableService(scope: Construct, service: GoogleService): ProjectService {
  const stack = TerraformStack.of(scope);
  const id = apiId(service);
  const existing = stack.node.tryFindChild(id);
  if (existing instanceof ProjectService) return existing;
  return new ProjectService(stack, freeId(stack, id), {
    project: projectOf(scope),
    service,
    disableOnDestroy: false,
  });
}

/** Project of the stack's google provider. Throws TCR008 when it has none. */
export function projectOf(scope: Construct): string {
  return required(scope, 'project', provider(scope)?.projectInput);
}

/** Region of the stack's google provider. Throws TCR008 when it has none. */
export function regionOf(scope: Construct): string {
  return required(scope, 'region', provider(scope)?.regionInput);
}

function provider(scope: Construct): GoogleProvider | undefined {
  return TerraformStack.of(scope).node.children.find(
    (child): child is GoogleProvider => child instanceof GoogleProvider && child.alias === undefined,
  );
}

function required(scope: Construct, option: string, value: string | undefined): string {
  if (value) return value;
  throw new ValidationError(
    'TCR008',
    scope.node.path,
    `no ${option} to deploy to; before the services, write in the stack: ` +
      "new GoogleProvider(this, 'google', { project: 'my-project', region: 'europe-west1' })",
  );
}
