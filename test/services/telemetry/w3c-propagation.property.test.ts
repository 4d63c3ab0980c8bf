import { assert, constantFrom, integer, nat, oneof, property, tuple, uniqueArray } from 'fast-check';
import { parseTraceState } from '../../../services/telemetry/trace-state';
import { checkPropagation, key, value } from './header-sets';

const RUNS = { numRuns: 2_000 };

test('of 20,000 sets of headers, none makes us fail or send anything that is not well-formed', () => {
  expect(() => checkPropagation(20_000)).not.toThrow();
}, 120_000);

const lists = uniqueArray(tuple(key, value), { minLength: 1, maxLength: 32, selector: ([name]) => name });
const serialize = (entries: readonly (readonly string[])[]): string =>
  entries.map((parts) => parts.join('=')).join();

test('every well-formed list of up to 512 characters goes on as it is, with blanks and empty members or without', () => {
  const blanks = constantFrom('', ' ', '\t', ' \t ', ' ,\t');
  assert(
    property(lists, blanks, blanks, (entries, before, after) => {
      const fitting = entries.filter((_, index) => serialize(entries.slice(0, index + 1)).length <= 512);
      const written = fitting.map((parts) => `${before}${parts.join('=')}${after}`).join();
      expect(parseTraceState(written)?.serialize()).toBe(serialize(fitting));
    }),
    RUNS,
  );
});

test('one character that is not allowed discards the whole list', () => {
  const forbidden = oneof(
    integer({ min: 0, max: 0x1f }).filter((code) => code !== 9),
    integer({ min: 0x7f, max: 0xff }),
  );
  assert(
    property(lists, forbidden, nat(), (entries, code, place) => {
      const text = serialize(entries);
      const index = place % (text.length + 1);
      const spoilt = `${text.slice(0, index)}${String.fromCharCode(code)}${text.slice(index)}`;
      expect(parseTraceState(spoilt)).toBeUndefined();
    }),
    RUNS,
  );
});

test('a member that was set is in front, is read back, and the others stay as they were', () => {
  assert(
    property(lists, key, value, (entries, name, text) => {
      const before = parseTraceState(serialize(entries));
      const after = before?.set(name, text);
      const others = entries.filter(([other]) => other !== name).slice(0, 31);
      expect(after?.get(name)).toBe(text);
      expect(others.map(([other]) => after?.get(other))).toEqual(others.map(([, other]) => other));
      expect(after?.serialize().startsWith(`${name}=${text}`)).toBe(true);
      expect(entries.map(([other]) => before?.get(other))).toEqual(entries.map(([, other]) => other));
    }),
    RUNS,
  );
});
