/** The part of PromQL that is evaluated (prometheus.io/docs/prometheus/latest/querying). */

export type Arithmetic = '+' | '-' | '*' | '/';
export type Comparison = '>' | '>=' | '<' | '<=';

export interface Selector {
  /** With the suffix of a distribution's part, if it has one. */
  readonly metric: string;
  readonly matchers: readonly Matcher[];
}

export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  /** rate() or increase(): what was counted in the last `windowMs`, per second or the whole of it. */
  | {
      readonly kind: 'window';
      readonly perSecond: boolean;
      readonly selector: Selector;
      readonly windowMs: number;
    }
  | { readonly kind: 'sum'; readonly by: readonly string[]; readonly of: Expression }
  | { readonly kind: 'quantile'; readonly quantile: number; readonly of: Expression }
  | {
      readonly kind: 'arithmetic';
      readonly operator: Arithmetic;
      readonly left: Expression;
      readonly right: Expression;
    }
  /** Keeps what compares with the number. */
  | {
      readonly kind: 'comparison';
      readonly operator: Comparison;
      readonly left: Expression;
      readonly threshold: number;
    }
  /** Keeps of the left what the right has the same labels of. */
  | { readonly kind: 'and'; readonly left: Expression; readonly right: Expression };

/** A query, or a part of one, that the local cloud does not evaluate. */
export class PromQlError extends Error {
  override readonly name = 'PromQlError';
}
