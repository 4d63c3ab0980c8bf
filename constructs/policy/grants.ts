import { list } from './attributes';
import { oncePerStack, type SynthesizedResource, type SynthesizedStack } from './synthesized-stack';

const GRANT = /^google_.*_iam_(?:member|binding)$/;
const WIDE_GRANT = /^google_(?:project|folder|organization)_iam_(?:member|binding)$/;
const SERVICE_ACCOUNT = 'google_service_account';

/** A role that is granted, by a member or a binding of any resource. */
export interface Grant {
  readonly resource: SynthesizedResource;
  /** Undefined where it is not known at synth. */
  readonly role: string | undefined;
  readonly members: readonly unknown[];
  /** The service accounts among the members. */
  readonly accounts: readonly string[];
  /** Whether it holds for everything in a project, a folder or an organisation. */
  readonly wide: boolean;
}

/** Every grant of a stack. */
export const grantsOf = oncePerStack((stack): readonly Grant[] =>
  stack.resources
    .filter(({ type }) => GRANT.test(type))
    .map((resource) => {
      const { attributes } = resource;
      const members = [...list(attributes, 'member'), ...list(attributes, 'members')];
      return {
        resource,
        role: stack.text(attributes['role']),
        members,
        accounts: members.flatMap((member) => accountOf(member, stack) ?? []),
        wide: WIDE_GRANT.test(resource.type),
      };
    }),
);

/** The grants of a stack by what `accountOf` says of whom they are for. */
export const grantsByAccount = oncePerStack((stack): ReadonlyMap<string, readonly Grant[]> => {
  const byAccount = new Map<string, Grant[]>();
  for (const grant of grantsOf(stack)) {
    for (const account of new Set(grant.accounts)) {
      const ofAccount = byAccount.get(account) ?? [];
      ofAccount.push(grant);
      byAccount.set(account, ofAccount);
    }
  }
  return byAccount;
});

/**
 * The service account that a value names, by email or as a member: the address of its resource where that is in the
 * stack, its email where that is known, undefined otherwise.
 */
export function accountOf(value: unknown, stack: SynthesizedStack): string | undefined {
  const account = stack.referenced(value).find(({ type }) => type === SERVICE_ACCOUNT);
  if (account) return account.address;
  const text = stack.text(value)?.replace(/^serviceAccount:/, '');
  return text?.includes('@') && !text.includes(':') ? text : undefined;
}
