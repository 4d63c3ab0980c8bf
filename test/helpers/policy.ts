/** Applies the policy to stacks and looks at what it says. */

import { AnnotationMetadataEntryType, type TerraformStack } from 'cdktf';
import { CloudRunPolicy, type CloudRunPolicyOptions } from '../../constructs';
import type { Configuration } from '../../constructs/policy/synthesized-stack';
import { synth, testStack } from './synth';

export interface Verdict {
  /** `[path] rule: found; write`, as cdktf prints them. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  readonly waived: readonly string[];
}

/** What a policy that is applied to the stack already says at synth. */
export function verdictOn(stack: TerraformStack): Verdict {
  const errors = errorsOf(stack);
  const annotations = (type: string): string[] =>
    stack.node
      .findAll()
      .flatMap(({ node }) =>
        node.metadata
          .filter((entry) => entry.type === type)
          .map(({ data }) => `[${node.path}] ${String(data)}`),
      );
  return {
    errors,
    warnings: annotations(AnnotationMetadataEntryType.WARN),
    waived: annotations(AnnotationMetadataEntryType.INFO).filter((line) =>
      line.includes('] policy waived: '),
    ),
  };
}

/** What the policy says about hand-written resources. */
export function verdictOnConfiguration(
  configuration: Configuration,
  options: CloudRunPolicyOptions = {},
): Verdict {
  const stack = testStack();
  for (const [key, value] of Object.entries(configuration)) stack.addOverride(key, value);
  CloudRunPolicy.applyTo(stack, options);
  return verdictOn(stack);
}

/** Ids of the rules in findings. */
export function rulesIn({ errors, warnings }: Verdict): string[] {
  const ids = [...errors, ...warnings].map((line) => /^\[[^\]]*\] ([a-z-]+):/.exec(line)?.[1] ?? line);
  return [...new Set(ids)].toSorted();
}

function errorsOf(stack: TerraformStack): string[] {
  try {
    synth(stack);
    return [];
  } catch (error) {
    const lines = String(error).split('\n');
    if (!lines[0]?.endsWith('Validation failed with the following errors:')) throw error;
    return lines.filter((line) => line.startsWith('  [')).map((line) => line.trim());
  }
}
