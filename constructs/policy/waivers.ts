import { Token } from 'cdktf';
import type { IConstruct } from 'constructs';
import { ValidationError } from '../validation';
import { POLICY_RULES, type PolicyRuleId } from './rules';

/** In the metadata of the construct, so that it is found by every copy of this package in an app. */
const METADATA = 'traced-cloud-run/policy-waiver';
/** A shorter one says nothing to whoever reads it in a year. */
const MIN_REASON_LENGTH = 10;

/** A rule that does not hold for a construct and everything in it. */
export interface Waiver {
  readonly ruleId: PolicyRuleId;
  readonly reason: string;
  /** Set where a construct checks the same itself, and has said in its own words what it accepts. */
  readonly told?: true;
}

/** Records a waiver. Throws TCR070 for an unknown rule, TCR071 for a reason that says nothing. */
export function addWaiver(construct: IConstruct, ruleId: PolicyRuleId, reason: string): void {
  const { path } = construct.node;
  if (!POLICY_RULES.some(({ id }) => id === ruleId)) {
    const ids = POLICY_RULES.map(({ id }) => id).join(', ');
    throw new ValidationError(
      'TCR070',
      path,
      `there is no policy rule '${ruleId}' to waive; the rules are ${ids}`,
    );
  }
  if (Token.isUnresolved(reason) || reason.trim().length < MIN_REASON_LENGTH) {
    throw new ValidationError(
      'TCR071',
      path,
      `the waiver of '${ruleId}' needs a reason of at least ${MIN_REASON_LENGTH} characters that is known at synth, ` +
        `got ${Token.isUnresolved(reason) ? 'a token' : `'${reason}'`}; ` +
        'write why the rule need not hold here',
    );
  }
  const waiver: Waiver = { ruleId, reason: reason.trim() };
  construct.node.addMetadata(METADATA, waiver);
}

/** Leaves to a construct what it checks itself: neither listed as a waiver, nor missed where it lets nothing through. */
export function leaveToConstruct(construct: IConstruct, ruleId: PolicyRuleId): void {
  const waiver: Waiver = { ruleId, reason: 'the construct has warned of it', told: true };
  construct.node.addMetadata(METADATA, waiver);
}

/** Waivers of a construct itself. */
export function waiversOf(construct: IConstruct): Waiver[] {
  return construct.node.metadata.flatMap(({ type, data }) => (type === METADATA ? [data] : []));
}
