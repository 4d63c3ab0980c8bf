import type { Configuration, SynthesizedResource, SynthesizedStack } from './synthesized-stack';

/** Something a rule does not allow. */
export interface Finding {
  readonly resource: SynthesizedResource;
  /** What was found, in the words of the resource. */
  readonly found: string;
  /** What to write instead. */
  readonly write: string;
}

/** One rule. It looks at what is synthesized, so that it holds for hand-written resources and overrides as well. */
export interface PolicyRule {
  /** Names the rule in findings and waivers, and its file. It stays the same when the words change. */
  readonly id: string;
  /** What holds where the rule is kept. */
  readonly title: string;
  /** What happens where it is not. */
  readonly why: string;
  /** Rules of public catalogues that ask for the same, or the page that says so. */
  readonly sources: readonly string[];
  /** An error stops synth; a warning is printed. */
  readonly level: 'error' | 'warning';
  /** Set where everything may be destroyed and the rule would only be in the way. */
  readonly notWhereDisposable?: true;
  /** A configuration that follows the rule, and one that does not. */
  readonly pass: Configuration;
  readonly fail: Configuration;
  check(stack: SynthesizedStack): Iterable<Finding>;
}
