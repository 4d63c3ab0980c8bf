import * as fc from 'fast-check';
import { withinLimit } from '../../../services/telemetry/line-limit';
import { CapturedLog } from './captured-log';

/** Cloud Logging takes 256 KB per entry, of which some is its own. */
const LIMIT = 256_000 * 0.8;

const bytesOf = (line: string): number => Buffer.byteLength(line);

test('a line that is not too long stays as it is', () => {
  const line = `${JSON.stringify({ severity: 'INFO', text: '€'.repeat(65_000) })}\n`;
  expect(withinLimit(line)).toBe(line);
});

test('a line that is too long loses the end of its longest field, and no more than it must', () => {
  const fields = { severity: 'INFO', short: 'x'.repeat(50_000), long: '€'.repeat(100_000), message: 'm' };
  const line = withinLimit(`${JSON.stringify(fields)}\n`);
  expect(bytesOf(line)).toBeLessThan(LIMIT);
  expect(bytesOf(line)).toBeGreaterThan(LIMIT * 0.9);
  expect(JSON.parse(line)).toEqual({ ...fields, long: expect.stringMatching(/^€+\[cut\]$/) });
});

test('a field that is no text is cut as the text of its JSON', () => {
  const list = Array.from({ length: 60_000 }, (_, index) => `"${index}`);
  const line = withinLimit(`${JSON.stringify({ severity: 'INFO', list })}\n`);
  expect(bytesOf(line)).toBeLessThan(LIMIT);
  expect(JSON.parse(line).list).toMatch(/^\["\\"0","\\"1",.*\[cut\]$/);
});

test('no record makes a line that Cloud Logging would not take, and none loses its severity and its service', () => {
  const text = fc
    .tuple(
      fc.constantFrom('x', '€', '😀', '"', '\u0000', '\ud800', '\n'),
      fc.integer({ min: 0, max: 40_000 }),
    )
    .map(([part, length]) => part.repeat(length));
  const fields = fc.dictionary(
    fc.string({ maxLength: 20 }),
    fc.oneof(text, fc.array(text, { maxLength: 4 })),
    {
      maxKeys: 8,
    },
  );
  fc.assert(
    fc.property(fields, fields, text, text, (bindings, logged, message, value) => {
      const captured = new CapturedLog();
      captured.log.child(bindings).error(logged, `%s ${message}`, value);
      expect(bytesOf(captured.lines[0] ?? '')).toBeLessThan(LIMIT);
      expect(captured.onlyRecord).toMatchObject({
        severity: 'ERROR',
        serviceContext: { service: 'gateway' },
      });
    }),
    { numRuns: 100 },
  );
});
