/**
 * The part of the Logging query language that is evaluated: comparisons of fields, log_id(), AND, OR, NOT and
 * parentheses (cloud.google.com/logging/docs/view/logging-query-language).
 */

import { fieldReader, logIdOf } from './log-fields';
import { LogFilterError } from './log-filter-error';
import type { LogEntry } from './log-store';

/** Whether an entry matches. */
export type LogFilter = (entry: LogEntry) => boolean;

const OPERATORS = ['=~', '!~', '!=', '>=', '<=', '=', ':', '>', '<'] as const;
type Operator = (typeof OPERATORS)[number];

/** google.logging.type.LogSeverity, lowest first. */
const SEVERITIES = [
  'DEFAULT',
  'DEBUG',
  'INFO',
  'NOTICE',
  'WARNING',
  'ERROR',
  'CRITICAL',
  'ALERT',
  'EMERGENCY',
];

/** Blanks and comments, a quoted text, an operator or parenthesis, or a word. */
const TOKEN = /(?:\s|--[^\n]*)*(?:("(?:[^"\\]|\\.)*")|(=~|!~|!=|>=|<=|[=:<>(),-])|([^\s"=:<>!(),]+)|$)/y;

interface Token {
  readonly text: string;
  readonly quoted: boolean;
}

/** Throws LogFilterError with the part that is not evaluated. */
export function parseLogFilter(text: string): LogFilter {
  const parser = new Parser(tokensOf(text));
  const filter = parser.conjunction();
  parser.end();
  return filter;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new LogFilterError(`'${text.slice(at)}' is not understood`);
    const [, quoted, operator, word] = match;
    if (quoted !== undefined)
      tokens.push({ text: quoted.slice(1, -1).replaceAll(/\\(["\\])/g, '$1'), quoted: true });
    const plain = operator ?? word;
    if (plain !== undefined) tokens.push({ text: plain, quoted: false });
  }
  return tokens;
}

/** OR binds closer than AND, and NOT closest. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** Terms that stand side by side are joined by AND as well. */
  conjunction(): LogFilter {
    const terms = [this.#disjunction()];
    while (this.#at < this.#tokens.length && !this.#next(')')) {
      if (this.#next('AND')) this.#at += 1;
      terms.push(this.#disjunction());
    }
    return (entry) => terms.every((term) => term(entry));
  }

  end(): void {
    const rest = this.#tokens[this.#at];
    if (rest) throw new LogFilterError(`'${rest.text}' is not understood`);
  }

  #disjunction(): LogFilter {
    const terms = [this.#negation()];
    while (this.#next('OR')) {
      this.#at += 1;
      terms.push(this.#negation());
    }
    return (entry) => terms.some((term) => term(entry));
  }

  #negation(): LogFilter {
    if (!this.#next('NOT') && !this.#next('-')) return this.#term();
    this.#at += 1;
    const term = this.#negation();
    return (entry) => !term(entry);
  }

  #term(): LogFilter {
    if (this.#next('(')) {
      this.#at += 1;
      const inner = this.conjunction();
      this.#take(')');
      return inner;
    }
    const field = this.#tokens[this.#at++];
    if (!field) throw new LogFilterError('the filter ends where a comparison is expected');
    if (field.text === 'log_id' && this.#next('(')) return this.#logId();
    const operator = OPERATORS.find((each) => this.#next(each));
    if (operator === undefined || field.quoted)
      throw new LogFilterError(`the search for '${field.text}' in all fields is not evaluated`);
    this.#at += 1;
    const read = fieldReader(field.text);
    const matches = this.#values().map((value) => comparison(field.text, operator, value));
    return (entry) => {
      const value = read(entry);
      return matches.some((match) => match(value));
    };
  }

  #logId(): LogFilter {
    this.#take('(');
    const id = this.#tokens[this.#at++]?.text.toLowerCase();
    this.#take(')');
    return (entry) => logIdOf(entry).toLowerCase() === id;
  }

  /** One value, or several as in `("a" OR "b")`. */
  #values(): Token[] {
    if (!this.#next('(')) return [this.#value()];
    this.#at += 1;
    const values = [this.#value()];
    while (this.#next('OR')) {
      this.#at += 1;
      values.push(this.#value());
    }
    this.#take(')');
    return values;
  }

  #value(): Token {
    const sign = this.#next('-') ? '-' : '';
    if (sign) this.#at += 1;
    const token = this.#tokens[this.#at++];
    if (!token) throw new LogFilterError('the filter ends where a value is expected');
    if (!token.quoted && /^[()=:<>,!~]/.test(token.text))
      throw new LogFilterError(`'${token.text}' is not understood where a value is expected`);
    return { ...token, text: sign + token.text };
  }

  #next(text: string): boolean {
    const token = this.#tokens[this.#at];
    return token !== undefined && !token.quoted && token.text === text;
  }

  #take(text: string): void {
    if (!this.#next(text))
      throw new LogFilterError(`'${text}' is missing before '${this.#tokens[this.#at]?.text ?? 'the end'}'`);
    this.#at += 1;
  }
}

/** A comparison with a field that an entry lacks is false, so that its negation is true. */
function comparison(field: string, operator: Operator, token: Token): (value: unknown) => boolean {
  const { text, quoted } = token;
  if (operator === ':' && text === '*' && !quoted) return (value) => value !== undefined;
  if (operator === '=~' || operator === '!~') {
    const pattern = regularExpression(text);
    return (value) => value !== undefined && pattern.test(textOfField(value)) === (operator === '=~');
  }
  const expected = text.toLowerCase();
  if (operator === ':')
    return (value) => value !== undefined && textOfField(value).toLowerCase().includes(expected);
  if (field === 'severity') {
    const rank = rankOf(text);
    return (value) => value !== undefined && HOLDS[operator](rankOf(textOfField(value)) - rank);
  }
  return (value) => value !== undefined && HOLDS[operator](compareValues(value, text));
}

/** By what the order of two values is; NaN, for two that have none, holds for nothing but `!=`. */
const HOLDS: Readonly<Record<Exclude<Operator, ':' | '=~' | '!~'>, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '!=': (order) => order !== 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
};

function rankOf(severity: string): number {
  const rank = SEVERITIES.indexOf(severity.toUpperCase());
  if (rank < 0) throw new LogFilterError(`'${severity}' is no severity`);
  return rank;
}

/** Numbers by size, durations such as `1.5s` by length, texts without regard to case. */
function compareValues(value: unknown, text: string): number {
  const actual = textOfField(value);
  const [left, right] = [numberOf(actual), numberOf(text)];
  if (left !== undefined && right !== undefined) return left - right;
  if (typeof value === 'number') return Number.NaN;
  const [a, b] = [actual.toLowerCase(), text.toLowerCase()];
  return a === b ? 0 : a < b ? -1 : 1;
}

function numberOf(text: string): number | undefined {
  const match = /^(-?\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const perUnit: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };
  return match ? Number(match[1]) * (perUnit[match[2] ?? 's'] ?? 1) : undefined;
}

/** A text is itself, everything else as JSON. */
export function textOfField(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Google's are RE2's, which JavaScript understands but for inline flags; of those `(?i)` at the beginning is known. */
export function regularExpression(text: string): RegExp {
  const ignoresCase = text.startsWith('(?i)');
  try {
    return new RegExp(ignoresCase ? text.slice('(?i)'.length) : text, ignoresCase ? 'i' : '');
  } catch (error) {
    throw new LogFilterError(`the regular expression '${text}' is not understood`, { cause: error });
  }
}
