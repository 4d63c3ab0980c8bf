import { TerraformStack, Token } from 'cdktf';
import type { Construct } from 'constructs';
import { isStackId } from './stack-ids';

/** Every condition the constructs refuse at synth, by its code. */
export const VALIDATION_CODES = {
  TCR001: 'a construct id that cannot name a service',
  TCR002: 'a Cloud Run service name outside its grammar',
  TCR003: 'a sampling ratio outside 0..1',
  TCR004: 'a number outside its range',
  TCR005: 'minInstances above maxInstances',
  TCR006: 'an environment variable whose name is reserved or malformed',
  TCR007: 'an environment variable that is written twice',
  TCR008: 'no project or no region to deploy to',
  TCR009: 'a service that calls itself',
  TCR010: 'a callee declared twice',
  TCR011: 'a cycle of calls',
  TCR012: "a deadline that is not below the caller's request timeout",
  TCR013: 'a callee that its caller cannot reach',
  TCR014: 'public access without a usable reason',
  TCR015: 'a bucket name that cannot be used',
  TCR016: 'a second alert, objective or check of one kind on one service',
  TCR017: 'a grant to everybody on a service that is not public',
  TCR018: 'a directory without a service in it',
  TCR019: 'a CPU that Cloud Run does not pair with the rest of its instance',
  TCR020: 'a secret without a pinned version',
  TCR021: 'a mount path that cannot be used',
  TCR022: 'a volume that cannot be used',
  TCR023: 'a sidecar name that cannot be used',
  TCR024: 'a sidecar that cannot start in its order',
  TCR025: 'a probe that Cloud Run refuses',
  TCR026: 'VPC egress that Cloud Run refuses',
  TCR027: 'traffic that Cloud Run refuses',
  TCR028: 'a label outside its grammar',
  TCR029: 'a bucket in another region than its service',
  TCR030: 'a regionMismatchReason that says nothing or excuses nothing',
  TCR031: "a deadline that does not fit inside its caller's",
  TCR032: 'attributes of an imported service that cannot be used',
  TCR033: 'a region outside its grammar',
  TCR034: 'an IAM member outside its grammar',
  TCR035: 'two services of one name in one region',
  TCR050: 'a secret of a notification channel that is not kept secret',
  TCR051: 'a notification channel without a usable address',
  TCR052: 'an alert that tells nobody',
  TCR053: 'a p99 below the p95',
  TCR055: 'a latency goal without a threshold',
  TCR056: 'a burn rate that can never be reached',
  TCR057: 'an uptime check of a service that is not public at its own URL',
  TCR058: 'a call declared after the monitoring of its pipeline',
  TCR059: 'more services than a dashboard holds',
  TCR060: 'a pipeline without an entry, or with one named twice',
  TCR070: 'a waiver of a policy rule that does not exist',
  TCR071: 'a waiver without a usable reason',
} as const;

type ValidationCode = keyof typeof VALIDATION_CODES;

/** A mistake in a stack, found while it is composed: nothing has been synthesized or deployed yet. */
export class ValidationError extends Error {
  override readonly name = 'ValidationError';

  /**
   * @param code identifies the condition, and stays the same when the words change
   * @param path of the construct the mistake is in
   * @param message what is wrong, what was got, what is allowed, what to write instead
   */
  constructor(
    readonly code: ValidationCode,
    readonly path: string,
    message: string,
  ) {
    super(`${code} at ${path}: ${message}`);
  }
}

interface NumberRule {
  readonly min: number;
  readonly max: number;
  /** Any number within the range instead of whole ones only. */
  readonly fraction?: boolean;
  /** The value is written into text or compared at synth, so a token will not do. */
  readonly literal?: boolean;
}

/** Throws TCR004 unless `value` follows the rule; a token passes, because its value is known at deployment only. */
export function checkNumber(path: string, option: string, value: number, rule: NumberRule): void {
  const kind = rule.fraction ? 'a number' : 'a whole number';
  const allowed = `'${option}' must be ${kind} within ${rule.min}..${rule.max}`;
  if (Token.isUnresolved(value)) {
    if (rule.literal)
      throw new ValidationError('TCR004', path, `${allowed} that is known at synth, got a token`);
    return;
  }
  const follows = value >= rule.min && value <= rule.max && (rule.fraction || Number.isInteger(value));
  if (!follows) throw new ValidationError('TCR004', path, `${allowed}, got ${value}`);
}

/**
 * `id`, where nothing in the way has it. Throws TCR001 for one that both a service and the stack itself, for all its
 * services, want. Ids that are taken otherwise are left to cdktf.
 */
export function freeId(scope: Construct, id: string): string {
  if (!isStackId(id) || !TerraformStack.isStack(scope)) return id;
  const taken = scope.node.tryFindChild(id);
  if (!taken) return id;
  throw new ValidationError(
    'TCR001',
    taken.node.path,
    `the stack has '${id}' once for all its services, so nothing else directly in it can have this construct id; ` +
      `write another one, such as 'my-${id}'`,
  );
}
