import type { Span, SpanKind } from '../trace/span';

/** What a span is to be; what is left out may be anything. */
export interface ExpectedSpan {
  /** `service.name` of its sender; `Cloud Run` is the front end of a service, `Cloud Storage` the bucket's side. */
  readonly service?: string | RegExp;
  readonly name?: string | RegExp;
  readonly kind?: SpanKind;
  readonly status?: Span['status'];
  readonly statusMessage?: string | RegExp;
  /** Attributes that it has among others. A value may be a regular expression, or a matcher such as `expect.any(Number)`. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** Jest's own equality and notation, which know its asymmetric matchers. */
export interface Values {
  readonly equals: (a: unknown, b: unknown) => boolean;
  readonly stringify: (value: unknown) => string;
}

/** A span beside what was expected of one. */
export interface Comparison {
  readonly span: Span;
  /** Where it differs, one clause each; none when it is as expected. */
  readonly differences: readonly string[];
  /** How much of what was expected it has. */
  readonly agreements: number;
}

const FIELDS = ['service', 'name', 'kind', 'status', 'statusMessage'] as const;

/** Throws TypeError unless something is expected, and nothing that no span has: every span, or none, would be as expected. */
export function checkExpected(expected: ExpectedSpan): void {
  const allowed = [...FIELDS, 'attributes'];
  const unknown = Object.keys(expected).filter((key) => !allowed.includes(key));
  if (unknown.length === 0 && expectationsOf(expected).length > 0) return;
  const got = unknown.length > 0 ? unknown.join(', ') : 'nothing';
  throw new TypeError(`a span is expected by ${allowed.join(', ')}; got ${got}`);
}

/** Every span with what it has of `expected`, those that come closest first. */
export function compareSpans(spans: readonly Span[], expected: ExpectedSpan, values: Values): Comparison[] {
  const { stringify } = values;
  const expectations = expectationsOf(expected);
  const compared = spans.map((span) => {
    const differing = expectations.filter(({ read, value }) => !agrees(read(span), value, values));
    return {
      span,
      differences: differing.map(
        ({ what, read, value }) => `${what} is ${stringify(read(span))}, not ${stringify(value)}`,
      ),
      agreements: expectations.length - differing.length,
    };
  });
  return compared.toSorted((a, b) => b.agreements - a.agreements);
}

/** Such as `service "storage", name /^gcs/`. */
export function describeExpected(expected: ExpectedSpan, { stringify }: Values): string {
  return expectationsOf(expected)
    .map(({ what, value }) => `${what} ${stringify(value)}`)
    .join(', ');
}

interface Expectation {
  readonly what: string;
  readonly read: (span: Span) => unknown;
  readonly value: unknown;
}

function expectationsOf(expected: ExpectedSpan): Expectation[] {
  const fields = FIELDS.flatMap((field): Expectation[] =>
    expected[field] === undefined
      ? []
      : [{ what: field, read: (span) => span[field], value: expected[field] }],
  );
  const attributes = Object.entries(expected.attributes ?? {}).map(([name, value]): Expectation => ({
    what: name,
    read: (span) => span.attributes[name],
    value,
  }));
  return [...fields, ...attributes];
}

function agrees(actual: unknown, expected: unknown, { equals }: Values): boolean {
  // Unlike test(), search() begins at the start each time, also with the flag g.
  if (expected instanceof RegExp) return typeof actual === 'string' && actual.search(expected) >= 0;
  return equals(actual, expected);
}
