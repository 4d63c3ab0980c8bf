import type { TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';
import type { DeploymentEnvironment } from '../deployment-environment';
import type { Finding, PolicyRule } from './policy-rule';
import { POLICY_RULES } from './rules';
import { SynthesizedStack } from './synthesized-stack';
import { type Waiver, waiversOf } from './waivers';

/** What is said about a construct. */
export interface Verdict {
  readonly errors: string[];
  readonly warnings: string[];
  /** The waivers that let something through. */
  readonly waived: string[];
}

/** Checks a stack against every rule, and returns what there is to say by construct. */
export function inspect(
  stack: TerraformStack,
  environment: DeploymentEnvironment,
): ReadonlyMap<IConstruct, Verdict> {
  const verdicts = new Map<IConstruct, Verdict>();
  const verdictOn = (construct: IConstruct): Verdict => {
    const verdict = verdicts.get(construct) ?? { errors: [], warnings: [], waived: [] };
    verdicts.set(construct, verdict);
    return verdict;
  };
  const rules: readonly PolicyRule[] = POLICY_RULES.filter(
    (rule: PolicyRule) => !(environment.disposable && rule.notWhereDisposable),
  );
  const constructs = stack.node.findAll();
  const byPath = new Map(constructs.map((construct) => [construct.node.path, construct]));
  const synthesized = SynthesizedStack.of(stack);
  const uses = new Map<Waiver, number>();
  for (const rule of rules) {
    for (const finding of rule.check(synthesized)) {
      const construct = byPath.get(finding.resource.path ?? '') ?? stack;
      const waiver = waiverFor(construct, rule.id);
      if (waiver) uses.set(waiver, (uses.get(waiver) ?? 0) + 1);
      else verdictOn(construct)[rule.level === 'error' ? 'errors' : 'warnings'].push(describe(rule, finding));
    }
  }
  for (const construct of constructs) {
    for (const waiver of waiversOf(construct)) {
      if (waiver.told) continue;
      const count = uses.get(waiver) ?? 0;
      if (count > 0) verdictOn(construct).waived.push(describeWaiver(waiver, count));
      // A rule that does not count in this environment may be broken in another.
      else if (rules.some(({ id }) => id === waiver.ruleId)) {
        verdictOn(construct).errors.push(
          `unused-waiver: nothing here breaks '${waiver.ruleId}'; take its waiver out, which says '${waiver.reason}'`,
        );
      }
    }
  }
  return verdicts;
}

/** The nearest waiver, on the construct or on one around it. */
function waiverFor(construct: IConstruct, ruleId: string): Waiver | undefined {
  return construct.node.scopes
    .toReversed()
    .flatMap(waiversOf)
    .find((waiver) => waiver.ruleId === ruleId);
}

function describe({ id }: PolicyRule, { resource, found, write }: Finding): string {
  const at = resource.path === undefined ? `${resource.address}: ` : '';
  return `${id}: ${at}${found}; ${write}`;
}

function describeWaiver({ ruleId, reason }: Waiver, count: number): string {
  return `policy waived: '${ruleId}' for ${count} ${count === 1 ? 'finding' : 'findings'}, because: ${reason}`;
}
