import { Aspects, type IAspect, TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';
import { annotate } from '../annotate';
import { DeploymentEnvironment } from '../deployment-environment';
import { inspect } from './policy-report';
import type { PolicyRuleId } from './rules';
import { addWaiver } from './waivers';

export interface CloudRunPolicyOptions {
  /**
   * Rules about deletion and moving image tags do not count where everything may be destroyed.
   *
   * @default DeploymentEnvironment.production()
   */
  readonly environment?: DeploymentEnvironment;
}

export interface WaiverOptions {
  /** Why the rule need not hold, at least 10 characters. It is printed at every synth. */
  readonly reason: string;
}

/**
 * Checks a stack as it is synthesized, whoever wrote its resources and whatever overrides them, and reports everything
 * it finds at once: errors stop synth, warnings and waivers are printed. Values known only to Terraform pass.
 */
export class CloudRunPolicy implements IAspect {
  /**
   * Applies every rule to a stack, or changes the environment where a service has done so already. An aspect of the app
   * would do nothing: cdktf asks those of a stack only.
   */
  static applyTo(stack: TerraformStack, options: CloudRunPolicyOptions = {}): void {
    const environment = options.environment ?? DeploymentEnvironment.production();
    const existing = policyOf(stack);
    if (existing) existing.#choose(environment);
    else Aspects.of(stack).add(new CloudRunPolicy(environment, true));
  }

  /**
   * Called by each service: applies the policy to its stack with the strictest environment of the services, unless
   * `applyTo` chooses one, before or after.
   */
  static applyByDefault(stack: TerraformStack, environment: DeploymentEnvironment): void {
    const existing = policyOf(stack);
    if (!existing) Aspects.of(stack).add(new CloudRunPolicy(environment, false));
    else if (!existing.#isChosen && existing.#environment.disposable) existing.#environment = environment;
  }

  /**
   * Lets a construct, and everything in it, break a rule. Throws TCR070 for a rule that does not exist, TCR071 for a
   * reason that says nothing. A waiver that lets nothing through is an error at synth.
   */
  static waive(construct: IConstruct, ruleId: PolicyRuleId, options: WaiverOptions): void {
    addWaiver(construct, ruleId, options.reason);
  }

  #environment: DeploymentEnvironment;
  #isChosen: boolean;
  readonly #visited = new WeakSet<IConstruct>();
  readonly #reports = new Map<TerraformStack, ReturnType<typeof inspect>>();

  private constructor(environment: DeploymentEnvironment, isChosen: boolean) {
    this.#environment = environment;
    this.#isChosen = isChosen;
  }

  #choose(environment: DeploymentEnvironment): void {
    this.#environment = environment;
    this.#isChosen = true;
  }

  /** Called by cdktf. Validations run when every aspect has been everywhere, so that they see what others change. */
  visit(construct: IConstruct): void {
    this.#reports.delete(TerraformStack.of(construct));
    if (this.#visited.has(construct)) return;
    this.#visited.add(construct);
    construct.node.addValidation({ validate: () => this.#validate(construct) });
  }

  #validate(construct: IConstruct): string[] {
    const stack = TerraformStack.of(construct);
    const report = this.#reports.get(stack) ?? inspect(stack, this.#environment);
    this.#reports.set(stack, report);
    const verdict = report.get(construct);
    for (const warning of verdict?.warnings ?? []) annotate(construct, 'warning', warning);
    for (const waived of verdict?.waived ?? []) annotate(construct, 'info', waived);
    return verdict?.errors ?? [];
  }
}

function policyOf(stack: TerraformStack): CloudRunPolicy | undefined {
  return Aspects.of(stack).all.find((aspect): aspect is CloudRunPolicy => aspect instanceof CloudRunPolicy);
}
