import { traceReport } from '../../../local/control/trace-report';
import type { Span } from '../../../local/trace/span';
import '../../../local/testing';
import { log, LOGS, span, SPANS, TRACE_ID } from '../trace/pipeline-trace';

const WHOLE = SPANS.filter(({ parentSpanId }) => parentSpanId !== 'c3'.padStart(16, '0'));
const whole = traceReport(TRACE_ID, WHOLE, LOGS);
const broken = traceReport(TRACE_ID, SPANS, LOGS);

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('it passed');
}

describe('toBeOneTrace', () => {
  test('holds of a trace in which every span has its parent, and of no other', () => {
    expect(whole).toBeOneTrace();
    expect(broken).not.toBeOneTrace();
  });

  test('says what is wrong, and shows the waterfall', () => {
    const message = messageOf(() => expect(broken).toBeOneTrace());
    expect(message).toContain('expect(trace).toBeOneTrace()');
    expect(message).toContain(
      "  - parent 00000000000000c3 has not arrived, of storage 'storage.objects.insert summaries'",
    );
    expect(message).toMatch(/^ {2}processor +└ POST \/summaries/m);
  });

  test('shows the waterfall too where a trace was not to be whole', () => {
    expect(messageOf(() => expect(whole).not.toBeOneTrace())).toMatch(
      /It is one trace\.[^]*POST \/summaries/,
    );
  });

  test('says that a trace was not sampled, where its log lines do', () => {
    const unsampled = traceReport(TRACE_ID, [], [log('gateway', 'a1', 0, 'hello', { traceSampled: false })]);
    expect(messageOf(() => expect(unsampled).toBeOneTrace())).toContain(
      'its services have not sampled it: deploy them with a ratio of 1',
    );
  });
});

describe('toHaveSpan', () => {
  test.each([
    { service: 'storage', name: /^storage\.objects/ },
    { name: 'POST /process', status: 'error', statusMessage: /did not answer/ },
    { kind: 'client', attributes: { 'error.type': 'TimeoutError' } },
    { attributes: { 'http.route': /^\/proc/g, 'http.response.status_code': expect.any(Number) } },
    { service: /^gate/, attributes: { 'http.route': undefined } },
  ] as const)('finds %j', (expected) => {
    expect(whole).toHaveSpan(expected);
    // A regular expression with the flag g would remember where it was.
    expect(whole).toHaveSpan(expected);
    expect(() => expect(whole).not.toHaveSpan(expected)).toThrow('It has spans with');
  });

  test.each([
    { service: 'storage', name: /^gcs/ },
    { service: 'storage', status: 'error' },
    { attributes: { 'http.route': 404 } },
    { name: 'POST' },
  ] as const)('does not find %j', (expected) => {
    expect(whole).not.toHaveSpan(expected);
    expect(() => expect(whole).toHaveSpan(expected)).toThrow('It has no span with');
  });

  test('says which spans come closest and where they differ, and shows the waterfall', () => {
    const message = messageOf(() =>
      expect(whole).toHaveSpan({
        service: 'gateway',
        name: /^POST/,
        attributes: { 'http.response.status_code': 500, 'http.route': expect.stringContaining('/process') },
      }),
    );
    expect(message).toContain('expect(trace).toHaveSpan(expected)');
    expect(message).toContain(
      'It has no span with service "gateway", name /^POST/, http.response.status_code 500, http.route StringContaining "/process".\n' +
        'Closest:\n' +
        "  - gateway 'POST /process': http.response.status_code is 504, not 500\n" +
        '  - gateway \'POST processor\': http.response.status_code is undefined, not 500; http.route is undefined, not StringContaining "/process"\n' +
        '  - gateway \'validate document\': name is "validate document", not /^POST/;',
    );
    expect(message).toMatch(/^ {2}processor +└ POST \/summaries/m);
  });

  test('says so when no span has anything of what was expected', () => {
    expect(messageOf(() => expect(whole).toHaveSpan({ service: 'billing' }))).toContain(
      'It has no span with service "billing".\nNone has any of that.',
    );
  });

  test('does not take a span for absent that may be missing', () => {
    expect(messageOf(() => expect(broken).not.toHaveSpan({ service: 'billing' }))).toContain(
      'Whether it has a span with service "billing" cannot be told: it is incomplete.',
    );
  });

  test.each([
    [{}, 'got nothing'],
    [{ attributes: {} }, 'got nothing'],
    [JSON.parse('{ "attribute": { "a": 1 } }'), 'got attribute'],
  ])('refuses %j, of which every span would be', (expected, got) => {
    expect(() => expect(whole).toHaveSpan(expected)).toThrow(
      `a span is expected by service, name, kind, status, statusMessage, attributes; ${got}`,
    );
  });

  test('compares lists by their content', () => {
    const spans: Span[] = [
      span('a1', undefined, 'gateway', 'GET', [0, 1], { attributes: { tags: ['a', 'b'] } }),
    ];
    expect(traceReport(TRACE_ID, spans, [])).toHaveSpan({ attributes: { tags: ['a', 'b'] } });
  });
});

test('takes nothing but a trace', () => {
  expect(() => expect(new Response()).toBeOneTrace()).toThrow(
    "it takes a trace, as 'await cloud.traceOf(response)' returns it; got [object Response]",
  );
});
