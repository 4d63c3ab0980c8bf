import { createHash } from 'node:crypto';
import { DefaultTokenResolver, StringConcat, TerraformStack, Token, Tokenization } from 'cdktf';
import type { Construct } from 'constructs';

/** 26^8 is 2*10^11 values: two of a thousand names in a project collide once in 400,000 projects. */
const HASH_LETTERS = 8;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** Cloud Run: fewer than 50 characters, lower-case letters, digits and `-`, first a letter. */
export const SERVICE_NAME = /^[a-z](?:[a-z0-9-]{0,47}[a-z0-9])?$/;
const SERVICE_NAME_LENGTH = 49;
/** IAM: 6 to 30 characters. */
const ACCOUNT_ID_LENGTH = 30;
/** IAM: at most 100 bytes, which are as many characters here. */
const ACCOUNT_DISPLAY_NAME_LENGTH = 100;
/** Cloud Storage: at most 63 characters. */
const BUCKET_NAME_LENGTH = 63;
/** Resource Manager: at most 30 characters. */
const PROJECT_ID_LENGTH = 30;
/** Artifact Registry: at most 63 characters. */
const REPOSITORY_ID = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const REPOSITORY_ID_LENGTH = 63;
/** Cloud Logging: at most 100 characters. */
const METRIC_NAME_LENGTH = 100;

/**
 * Cloud Run's name of a service: `gateway-staging`. A service that is not a direct child of its stack, or whose name
 * would be too long, gets a hash of its path as well.
 */
export function serviceName(service: Construct, environment: string): string {
  const name = `${service.node.id}-${environment}`;
  const isPlain = service.node.scope === TerraformStack.of(service) && name.length <= SERVICE_NAME_LENGTH;
  return isPlain ? name : uniqueName(name, identity(service, environment), SERVICE_NAME_LENGTH);
}

/** Service account id, unique in a project that holds several stacks and environments. */
export function accountId(service: Construct, environment: string): string {
  return uniqueName(`${service.node.id}-${environment}`, identity(service, environment), ACCOUNT_ID_LENGTH);
}

/** What people see of a service account: `gateway (staging)`. */
export function accountDisplayName(service: Construct, environment: string): string {
  const tail = ` (${environment})`;
  return service.node.id.slice(0, ACCOUNT_DISPLAY_NAME_LENGTH - tail.length) + tail;
}

/** Globally unique bucket name: bucket names are shared by all of Google Cloud. `projectId` may be a token. */
export function bucketName(
  service: Construct,
  environment: string,
  bucket: string,
  projectId: string,
): string {
  const head = `${service.node.id}-${environment}-${bucket}`;
  const projectLength = Token.isUnresolved(projectId) ? PROJECT_ID_LENGTH : projectId.length;
  const tailLength = BUCKET_NAME_LENGTH - projectLength - 1;
  const tail = uniqueName(head, `${identity(service, environment)}:${bucket}`, tailLength);
  return `${projectId}-${tail}`;
}

/** Artifact Registry's id of the repository of a stack: the id of the stack where it fits the grammar. */
export function repositoryId(stack: TerraformStack): string {
  const { id, path } = stack.node;
  if (REPOSITORY_ID.test(id)) return id;
  return uniqueName(`images-${id.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`, path, REPOSITORY_ID_LENGTH);
}

/**
 * Name of a log-based metric, made of letters and `_` only: PromQL replaces every other character, so that two names
 * could become one.
 */
export function latencyMetricName(service: Construct, environment: string): string {
  const head = `request_latency_${service.node.id}_${environment}`.replaceAll(/[^a-z_]/g, '_');
  const hash = hashLetters(identity(service, environment));
  return `${head.slice(0, METRIC_NAME_LENGTH - hash.length - 1)}_${hash}`;
}

/** Construct id of the grant for an IAM member, the same for the same member even where its email is a token. */
export function invokerId(service: Construct, member: string): string {
  return grantId(service, 'invoker', member);
}

/** Construct id of a grant that follows from what it is about, which may be a token. */
export function grantId(service: Construct, kind: string, subject: string): string {
  return `${kind}-${hashLetters(resolvedText(service, subject))}`;
}

/** A text with references in Terraform's syntax for its tokens, of which there may be several for one reference. */
function resolvedText(scope: Construct, text: string): string {
  const resolver = new DefaultTokenResolver(new StringConcat());
  return Tokenization.resolve(text, { scope, resolver, preparing: false });
}

/** Name of the volume that holds the secret file at a path. */
export function secretVolumeName(path: string): string {
  return `secret-${hashLetters(path)}`;
}

/** Name of a volume like that of a path, for a secret that is another one than the first at this path. */
export function otherSecretVolumeName(name: string, identity: string): string {
  return `secret-${hashLetters(`${name}:${identity}`)}`;
}

/** Stands for a secret in one version, the same for the same one even where its id or its version is a token. */
export function secretIdentity(service: Construct, secret: string, version: string): string {
  return `${resolvedText(service, secret)}:${resolvedText(service, version)}`;
}

/** 8 letters that stand for a text. */
function hashLetters(text: string): string {
  let number = BigInt(`0x${createHash('sha256').update(text).digest('hex')}`);
  let letters = '';
  while (letters.length < HASH_LETTERS) {
    letters += LETTERS.charAt(Number(number % 26n));
    number /= 26n;
  }
  return letters;
}

/** `head`, cut so that a dash and the hash of `identity` fit behind it. */
function uniqueName(head: string, identity: string, maxLength: number): string {
  const kept = head.slice(0, maxLength - HASH_LETTERS - 1).replace(/-+$/, '');
  return `${kept}-${hashLetters(identity)}`;
}

function identity(service: Construct, environment: string): string {
  return `${environment}:${service.node.path}`;
}
