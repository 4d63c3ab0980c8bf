import type { TraceReport } from '../control/trace-report';
import type { Span } from '../trace/span';
import { renderWaterfall } from '../trace/waterfall';
import {
  checkExpected,
  type Comparison,
  compareSpans,
  describeExpected,
  type ExpectedSpan,
  type Values,
} from './expected-span';

/** As much of a matcher's `this` in jest as is used here. */
interface MatcherContext {
  readonly isNot?: boolean;
  readonly equals: Values['equals'];
  readonly utils: Pick<Values, 'stringify'> & {
    matcherHint(name: string, received: string, expected: string, options: { isNot?: boolean }): string;
  };
}

interface MatcherResult {
  readonly pass: boolean;
  message(): string;
}

/** Columns of the waterfall in a message. */
const WIDTH = 100;
/** How many spans a message compares with what was expected. */
const CLOSEST = 3;

/** The matchers for traces, for an `expect` that is not the global one: `expect.extend(traceMatchers)`. */
export const traceMatchers = { toBeOneTrace, toHaveSpan };

/** Whether there is one root, every span has its parent, and no span is missing that a service has logged in. */
function toBeOneTrace(this: MatcherContext, received: unknown): MatcherResult {
  const trace = requireTrace(this, received, 'toBeOneTrace', '');
  const { complete, problems } = trace.assessment;
  const found = complete ? ['It is one trace.'] : ['It is not one whole trace:', ...problems.map(listed)];
  if (isUnsampled(trace))
    found.push(listed('its services have not sampled it: deploy them with a ratio of 1'));
  return { pass: complete, message: () => messageOf(this, 'toBeOneTrace', '', found, trace) };
}

/** Whether one of the spans is as expected. */
function toHaveSpan(this: MatcherContext, received: unknown, expected: ExpectedSpan): MatcherResult {
  checkExpected(expected);
  const trace = requireTrace(this, received, 'toHaveSpan', 'expected');
  const values = { equals: this.equals, stringify: this.utils.stringify };
  const compared = compareSpans(trace.spans, expected, values);
  const matching = compared.filter(({ differences }) => differences.length === 0);
  const what = describeExpected(expected, values);
  const message = (found: readonly string[]) => (): string =>
    messageOf(this, 'toHaveSpan', 'expected', found, trace);
  if (matching.length > 0) {
    return {
      pass: true,
      message: message([`It has spans with ${what}:`, ...matching.map(named).map(listed)]),
    };
  }
  if (this.isNot === true && !trace.assessment.complete) {
    // Its absence would be a guess: it may be the one that is missing.
    return {
      pass: true,
      message: message([`Whether it has a span with ${what} cannot be told: it is incomplete.`]),
    };
  }
  return { pass: false, message: message([`It has no span with ${what}.`, ...closest(compared)]) };
}

function isUnsampled({ spans, logs }: TraceReport): boolean {
  return spans.length === 0 && logs.some(({ traceSampled }) => traceSampled === false);
}

function closest(compared: readonly Comparison[]): string[] {
  const close = compared.filter(({ agreements }) => agreements > 0).slice(0, CLOSEST);
  if (close.length === 0) return ['None has any of that.'];
  return [
    'Closest:',
    ...close.map((comparison) => listed(`${named(comparison)}: ${comparison.differences.join('; ')}`)),
  ];
}

function named({ span: { service, name } }: { readonly span: Span }): string {
  return `${service} '${name}'`;
}

function listed(line: string): string {
  return `  - ${line}`;
}

function messageOf(
  { utils, isNot }: MatcherContext,
  matcher: string,
  argument: string,
  found: readonly string[],
  { spans, logs }: TraceReport,
): string {
  const hint = utils.matcherHint(matcher, 'trace', argument, isNot === undefined ? {} : { isNot });
  const waterfall = renderWaterfall(spans, logs, { width: WIDTH, colour: false });
  return [hint, '', ...found, '', waterfall].join('\n');
}

function requireTrace(
  { utils }: MatcherContext,
  received: unknown,
  matcher: string,
  argument: string,
): TraceReport {
  if (isTrace(received)) return received;
  throw new TypeError(
    `${utils.matcherHint(matcher, 'trace', argument, {})}\n\n` +
      `it takes a trace, as 'await cloud.traceOf(response)' returns it; got ${Object.prototype.toString.call(received)}`,
  );
}

function isTrace(value: unknown): value is TraceReport {
  return typeof value === 'object' && value !== null && 'spans' in value && 'assessment' in value;
}

/** What the matchers are to a compiler; R is what jest's own return. */
interface TraceMatchers<R> {
  /** The trace is whole: one root, every span has its parent, and every span that was logged in has arrived. */
  toBeOneTrace(): R;
  /** One of its spans is as expected. With `.not` the trace must be whole. */
  toHaveSpan(expected: ExpectedSpan): R;
}

// Both homes of jest's matchers: the globals of @types/jest, and what @jest/globals imports. Their type parameters are
// repeated as they are declared there.
declare global {
  namespace jest {
    interface Matchers<R, T = {}> extends TraceMatchers<R> {}
  }
}
declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends TraceMatchers<R> {}
}
