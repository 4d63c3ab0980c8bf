import { defaultTextMapGetter, defaultTextMapSetter, diag, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { getArrival } from '../../../services/telemetry/arrival';
import { TracedPropagator } from '../../../services/telemetry/propagator';
import { parseTraceState } from '../../../services/telemetry/trace-state';

const T = '1'.repeat(32);
const P = '2'.repeat(16);
const TRACEPARENT = `00-${T}-${P}-01`;

const read = (value: string): string | undefined => parseTraceState(value)?.serialize();

/** A member of a length, by its key. */
const member = (key: string, length: number): string => `${key}=${'v'.repeat(length - key.length - 1)}`;

describe('reading tracestate', () => {
  test.each([
    ['one member', 'foo=1', 'foo=1'],
    ['the order of members', 'b=1,a=2,c=3', 'b=1,a=2,c=3'],
    ['empty members', ',, \t,foo=1,\t,bar=2,', 'foo=1,bar=2'],
    ['blanks around members', ' \tfoo=1 , \t bar=2\t', 'foo=1,bar=2'],
    ['blanks within a value', 'foo= 1 2 ,bar=2', 'foo= 1 2,bar=2'],
    ['the first of duplicates', 'foo=1,bar=2,foo=3', 'foo=1,bar=2'],
    ['a key that begins with a digit', '0a=1', '0a=1'],
    ['a value of 256 characters', `foo=${'v'.repeat(256)}`, `foo=${'v'.repeat(256)}`],
    ['32 members between empty ones', `,${'k=1,'.repeat(32)},`, 'k=1'],
  ])('keeps %s', (_case, value, kept) => {
    expect(read(value)).toBe(kept);
  });

  test.each([
    ['nothing', ''],
    ['empty members only', ' ,\t,, '],
    ['33 members', 'k=1,'.repeat(33)],
    ['a key without value', 'foo,bar=2'],
    ['an empty key', '=1,bar=2'],
    ['an empty value', 'foo=,bar=2'],
    ['a value of blanks', 'foo= \t,bar=2'],
    ['a value of 257 characters', `foo=${'v'.repeat(257)},bar=2`],
    ['a key of 257 characters', `${'k'.repeat(257)}=1,bar=2`],
    ['an upper-case letter in a key', 'fOo=1,bar=2'],
    ['a blank behind a key', 'foo =1,bar=2'],
    ['a key that begins with another character', '_foo=1,bar=2'],
    ['a tab in a value', 'foo=1\t2,bar=2'],
    ['a control character', 'foo=1\u0000,bar=2'],
    ['a line break', 'foo=1\r\nx: y,bar=2'],
    ['a line break at the end', 'bar=2,foo=1\n'],
    ['a letter outside ASCII', 'foo=\u00e4,bar=2'],
    ['a non-breaking space around', '\u00a0foo=1,bar=2'],
    ['two signs of equality', 'foo=1=2,bar=2'],
  ])('discards the whole list for %s', (_case, value) => {
    expect(read(value)).toBeUndefined();
  });

  test('of a million blanks or commas is read in one pass, where comparing each with each would take hours', () => {
    expect(read(`foo=1${' '.repeat(1_000_000)}2`)).toBeUndefined();
    expect(read(`foo=1${','.repeat(1_000_000)}`)).toBe('foo=1');
  });
});

describe('changing tracestate', () => {
  const state = parseTraceState('a=1,b=2,c=3');
  if (!state) throw new Error('no state');

  test('puts a new or changed member in front and leaves the others as they are', () => {
    expect(state.set('d', '4').serialize()).toBe('d=4,a=1,b=2,c=3');
    expect(state.set('b', '5').serialize()).toBe('b=5,a=1,c=3');
    expect(state.set('b', '5').get('b')).toBe('5');
    expect(state.unset('b').serialize()).toBe('a=1,c=3');
    expect(state.unset('b').get('b')).toBeUndefined();
    expect(state.unset('z').serialize()).toBe('a=1,b=2,c=3');
  });

  test('never changes the list it began with', () => {
    state.set('d', '4').set('a', '5').unset('b');
    expect(state.serialize()).toBe('a=1,b=2,c=3');
  });

  test('of 32 members gives up the last for a new one, and none for a changed one', () => {
    const keys = Array.from({ length: 32 }, (_, index) => `k${index}`);
    const full = parseTraceState(keys.map((key) => `${key}=1`).join());
    expect(full?.set('new', '1').get('k30')).toBe('1');
    expect(full?.set('new', '1').get('k31')).toBeUndefined();
    expect(full?.set('k31', '2').serialize().split(',')).toHaveLength(32);
  });

  test.each([
    ['d', ''],
    ['d', '1,e=2'],
    ['d', '1=2'],
    ['d', 'x\r\ny'],
    ['d', 'blank '],
    ['D', '1'],
    ['', '1'],
    ['d=1,e', '2'],
    ['k'.repeat(257), '1'],
  ])('leaves out %j=%j, which no list can hold, and says so', (key, value) => {
    const warn = jest.spyOn(diag, 'warn').mockReturnValue();
    expect(state.set(key, value).serialize()).toBe('a=1,b=2,c=3');
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/^tracestate cannot hold ".*"; /));
    warn.mockRestore();
  });
});

describe('sending tracestate', () => {
  test('512 characters are sent whole', () => {
    const value = ['a', 'b', 'c'].map((key) => member(key, 170)).join();
    expect(value).toHaveLength(512);
    expect(read(value)).toBe(value);
  });

  test.each([
    [
      'large members go first',
      [
        ['a', 20],
        ['b', 200],
        ['c', 100],
        ['d', 100],
        ['e', 100],
      ],
      'acde',
    ],
    [
      'as few as possible of them, from the end',
      [
        ['a', 200],
        ['b', 20],
        ['c', 200],
        ['d', 200],
      ],
      'abc',
    ],
    [
      'then the last ones',
      [
        ['a', 128],
        ['b', 128],
        ['c', 128],
        ['d', 128],
        ['e', 20],
      ],
      'abc',
    ],
    [
      'the large ones and the last ones',
      [['a', 129], ...'bcdef'.split('').map((key) => [key, 110] as const)],
      'bcde',
    ],
  ] as const)('of more than that, %s', (_case, lengths, kept) => {
    const sent = read(lengths.map(([key, length]) => member(key, length)).join()) ?? '';
    expect(
      sent
        .split(',')
        .map((text) => text[0])
        .join(''),
    ).toBe(kept);
    expect(sent.length).toBeLessThanOrEqual(512);
  });

  test('a member that is too long by itself leaves no header', () => {
    const sent = {};
    const propagator = new TracedPropagator(true);
    const headers = { traceparent: TRACEPARENT, tracestate: member('k'.repeat(256), 513) };
    const context = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    propagator.inject(context, sent, defaultTextMapSetter);
    expect(sent).toEqual({ traceparent: TRACEPARENT });
  });
});

describe.each([
  ['an authenticated caller', true],
  ['a public edge', false],
])('tracestate from %s', (_name, trusted) => {
  const stateOf = (headers: Record<string, string | string[]>): string | undefined => {
    const context = new TracedPropagator(trusted).extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    const { traceState } = getArrival(context) ?? {};
    expect(trace.getSpanContext(context)?.traceState).toBe(traceState);
    return traceState?.serialize();
  };

  test('goes on with its trace', () => {
    expect(stateOf({ traceparent: TRACEPARENT, tracestate: 'foo=1,bar=2' })).toBe('foo=1,bar=2');
    expect(stateOf({ traceparent: TRACEPARENT, tracestate: ['foo=1', '', 'bar=2'] })).toBe('foo=1,bar=2');
  });

  test.each([
    ['no traceparent', {}],
    ['an invalid traceparent', { traceparent: 'x' }],
    ['two traceparent headers', { traceparent: [TRACEPARENT, TRACEPARENT] }],
    [
      'an invalid traceparent and a legacy header',
      { traceparent: 'x', 'x-cloud-trace-context': `${T}/1;o=1` },
    ],
  ])('is not used beside %s', (_case, headers) => {
    expect(stateOf({ ...headers, tracestate: 'foo=1' })).toBeUndefined();
  });

  test('that is invalid does not affect the traceparent', () => {
    const headers = { traceparent: TRACEPARENT, tracestate: 'foo=1,BAR=2' };
    const context = new TracedPropagator(trusted).extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    expect(trace.getSpanContext(context)).toEqual({ traceId: T, spanId: P, traceFlags: 1, isRemote: true });
  });

  test("takes part in OpenTelemetry's sampling only where the caller is trusted", () => {
    const headers = { traceparent: TRACEPARENT, tracestate: 'foo=1,ot=th:8;rv:ffffffffffffff,bar=2' };
    expect(stateOf(headers)).toBe(trusted ? headers.tracestate : 'foo=1,bar=2');
  });
});
