import { type Comparison, type Expression, type Matcher, PromQlError, type Selector } from './expression';

/** A number, a word (a metric, a label or a name of PromQL's own), a text, or a sign. */
const TOKEN =
  /(?:\s|#[^\n]*)*(?:((?:\d+(?:ms|[smhdwy]))+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_:][\w:]*)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(=~|!~|!=|==|>=|<=|[-+*/%^=<>(){}[\],@])|$)/y;

const WINDOW_UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

interface Token {
  readonly kind: 'number' | 'word' | 'text' | 'sign' | 'end';
  readonly text: string;
}

/** Throws PromQlError with the part that is not evaluated. */
export function parsePromQl(query: string): Expression {
  const parser = new Parser(tokensOf(query));
  const expression = parser.and();
  parser.end();
  return expression;
}

function tokensOf(query: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < query.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(query);
    if (!match) throw new PromQlError(`'${query.slice(at)}' is not understood`);
    const [, number, word, text, sign] = match;
    if (number !== undefined) tokens.push({ kind: 'number', text: number });
    if (word !== undefined) tokens.push({ kind: 'word', text: word });
    if (text !== undefined) tokens.push({ kind: 'text', text: unescape(text.slice(1, -1)) });
    if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
  }
  return tokens;
}

function unescape(text: string): string {
  return text.replaceAll(/\\(["'\\])/g, '$1');
}

/** Prometheus has RE2's, which JavaScript understands but for inline flags. */
function checkPattern(pattern: string): void {
  try {
    RegExp(pattern);
  } catch (error) {
    throw new PromQlError(`the regular expression '${pattern}' is not understood`, { cause: error });
  }
}

const END: Token = { kind: 'end', text: 'the end' };

/** From what binds loosest to what binds closest. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  end(): void {
    if (this.#peek() !== END) throw this.#notEvaluated();
  }

  and(): Expression {
    let left = this.#comparison();
    while (this.#skip('and')) left = { kind: 'and', left, right: this.#comparison() };
    return left;
  }

  #comparison(): Expression {
    let left = this.#sum();
    for (;;) {
      const operator = this.#anyOf<Comparison>(['>', '>=', '<', '<=']);
      if (operator === undefined) return left;
      const right = this.#sum();
      if (right.kind !== 'number')
        throw new PromQlError(`'${operator}' compares with something else than a number on its right`);
      left = { kind: 'comparison', operator, left, threshold: right.value };
    }
  }

  #sum(): Expression {
    let left = this.#product();
    for (;;) {
      const operator = this.#anyOf(['+', '-'] as const);
      if (operator === undefined) return left;
      left = { kind: 'arithmetic', operator, left, right: this.#product() };
    }
  }

  #product(): Expression {
    let left = this.#primary();
    for (;;) {
      const operator = this.#anyOf(['*', '/'] as const);
      if (operator === undefined) return left;
      left = { kind: 'arithmetic', operator, left, right: this.#primary() };
    }
  }

  #primary(): Expression {
    if (this.#skip('(')) {
      const inner = this.and();
      this.#take(')');
      return inner;
    }
    if (this.#peek().kind === 'number') return { kind: 'number', value: this.#number() };
    const { kind, text } = this.#peek();
    if (kind !== 'word') throw this.#notEvaluated();
    switch (text) {
      case 'sum':
        return this.#aggregation();
      case 'rate':
      case 'increase':
        return this.#overWindow(text === 'rate');
      case 'histogram_quantile':
        return this.#quantile();
      default:
        throw new PromQlError(
          this.#tokens[this.#at + 1]?.text === '('
            ? `the function '${text}' is not evaluated`
            : `'${text}' outside of rate() and increase() is not evaluated`,
        );
    }
  }

  /** `sum by (a, b) (...)` or `sum(...) by (a, b)`. */
  #aggregation(): Expression {
    this.#at += 1;
    const before = this.#grouping();
    this.#take('(');
    const of = this.and();
    this.#take(')');
    return { kind: 'sum', by: before ?? this.#grouping() ?? [], of };
  }

  #grouping(): string[] | undefined {
    if (!this.#skip('by')) return undefined;
    this.#take('(');
    const labels: string[] = [];
    while (!this.#skip(')')) {
      labels.push(this.#word());
      this.#skip(',');
    }
    return labels;
  }

  #overWindow(perSecond: boolean): Expression {
    this.#at += 1;
    this.#take('(');
    const selector = this.#selector();
    this.#take('[');
    const windowMs = this.#duration();
    this.#take(']');
    this.#take(')');
    return { kind: 'window', perSecond, selector, windowMs };
  }

  #quantile(): Expression {
    this.#at += 1;
    this.#take('(');
    const quantile = this.#number();
    this.#take(',');
    const of = this.and();
    this.#take(')');
    return { kind: 'quantile', quantile, of };
  }

  #selector(): Selector {
    const metric = this.#word();
    const matchers: Matcher[] = [];
    if (this.#skip('{')) {
      while (!this.#skip('}')) {
        matchers.push(this.#matcher());
        this.#skip(',');
      }
    }
    return { metric, matchers };
  }

  #matcher(): Matcher {
    const label = this.#word();
    const operator = this.#anyOf(['=', '!=', '=~', '!~'] as const);
    const { kind, text } = this.#peek();
    if (operator === undefined || kind !== 'text') throw this.#notEvaluated();
    this.#at += 1;
    if (operator === '=~' || operator === '!~') checkPattern(text);
    return { label, operator, value: text };
  }

  #number(): number {
    const { kind, text } = this.#peek();
    const value = Number(text);
    if (kind !== 'number' || Number.isNaN(value)) throw this.#notEvaluated();
    this.#at += 1;
    return value;
  }

  /** Such as `5m` or `1h30m`. */
  #duration(): number {
    const parts = [...this.#peek().text.matchAll(/(\d+)(ms|[a-z])/g)];
    const ms = parts.reduce(
      (sum, [, digits, unit = '']) => sum + Number(digits) * (WINDOW_UNITS_MS[unit] ?? Number.NaN),
      0,
    );
    if (this.#peek().kind !== 'number' || !(ms > 0)) throw this.#notEvaluated();
    this.#at += 1;
    return ms;
  }

  #word(): string {
    const { kind, text } = this.#peek();
    if (kind !== 'word') throw this.#notEvaluated();
    this.#at += 1;
    return text;
  }

  #anyOf<Sign extends string>(signs: readonly Sign[]): Sign | undefined {
    return signs.find((sign) => this.#skip(sign));
  }

  #skip(text: string): boolean {
    const token = this.#peek();
    if ((token.kind !== 'sign' && token.kind !== 'word') || token.text !== text) return false;
    this.#at += 1;
    return true;
  }

  #take(text: string): void {
    if (!this.#skip(text))
      throw new PromQlError(`'${this.#peek().text}' is not evaluated where '${text}' is expected`);
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? END;
  }

  #notEvaluated(): PromQlError {
    return new PromQlError(`'${this.#peek().text}' is not evaluated in its place`);
  }
}
