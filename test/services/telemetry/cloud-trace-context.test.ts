import { parseCloudTraceContext } from '../../../services/telemetry/cloud-trace-context';

const X = 'd4cda95b652f4a1592b449d5929fda1b';

describe('X-Cloud-Trace-Context', () => {
  test.each([
    [`${X}/7929822056569588882;o=1`, X, '6e0c63257de34c92', 1],
    [`${X}/7929822056569588882;o=0`, X, '6e0c63257de34c92', 0],
    [`${X}/7929822056569588882`, X, '6e0c63257de34c92', 0],
    ['b75dc0042a82efcb6b0a194911272926/1258215', 'b75dc0042a82efcb6b0a194911272926', '00000000001332e7', 0],
    [
      'd36a105d7002f0dee73c0dfb9553764a/139592093;o=1',
      'd36a105d7002f0dee73c0dfb9553764a',
      '000000000852019d',
      1,
    ],
    ['00000000000000000000000000000010/15;o=1', '00000000000000000000000000000010', '000000000000000f', 1],
    ['00000000000000000000000000000011/31;o=0', '00000000000000000000000000000011', '000000000000001f', 0],
    [`${X}/18446744073709551615`, X, 'ffffffffffffffff', 0],
    [`${X}/00000000000000000001;o=1`, X, '0000000000000001', 1],
    [` \t${X}/1;o=1\t `, X, '0000000000000001', 1],
  ])('%j is read', (value, traceId, spanId, traceFlags) => {
    expect(parseCloudTraceContext(value)).toEqual({ traceId, spanId, traceFlags, isRemote: true });
  });

  test.each(['2', '3', '10', '123', '01'])('o=%s does not mean sampled', (options) => {
    expect(parseCloudTraceContext(`${X}/1;o=${options}`)?.traceFlags).toBe(0);
  });

  test.each([
    ['a span id above 64 bits', `${X}/18446744073709551616`],
    ['span id 0', `${X}/0`],
    ['span id of 16 zeros', `${X}/0000000000000000`],
    ['span id of 20 zeros', `${X}/00000000000000000000`],
    ['a trace id of zeros', `${'0'.repeat(32)}/1`],
    ['a trace id of 31 digits', `${X.slice(1)}/1`],
    ['a trace id of 33 digits', `${X}0/1`],
    ['a trace id of 45 digits', `${X}${'0'.repeat(13)}/1`],
    ['a dashed uuid', 'd4cda95b-652f-4a15-92b4-49d5929fda1b/1'],
    ['an upper-case trace id', `${X.toUpperCase()}/1`],
    ['letters in the span id', `${X}/foo792bar;o=1`],
    ['letters after the span id', `${X}/792extra;o=1`],
    ['letters after the options', `${X}/792;o=1extra`],
    ['text in front', `extra/${X}/792;o=1`],
    ['no trace id', '/792;o=1'],
    ['no span id', `${X}/;o=1`],
    ['only options', 'o=1'],
    ['a word', 'invalid!'],
    ['nothing', ''],
    ['an empty option', `${X}/1;o=`],
    ['a negative option', `${X}/1;o=-1`],
    ['an option in exponent form', `${X}/1;o=1e3`],
    ['a hexadecimal span id', `${X}/00f067aa0ba902b7;o=1`],
    ['two values joined by a comma', `${X}/1;o=1, ${X}/2;o=1`],
    ['a line break', `${X}/1;o=1\n`],
    ['more than 128 characters', `${' '.repeat(100)}${X}/1`],
  ])('%s is ignored', (_case, value) => {
    expect(parseCloudTraceContext(value)).toBeUndefined();
  });

  test('a span id of 16,000 digits never reaches the conversion of quadratic time', () => {
    // GIVEN values that keep Google's own conversion busy for seconds each
    const value = `${X}/${'9'.repeat(16_000)};o=1`;
    // WHEN a thousand of them are parsed, which would take hours
    const parsed = Array.from({ length: 1_000 }, () => parseCloudTraceContext(value));
    // THEN none was converted
    expect(new Set(parsed)).toEqual(new Set([undefined]));
  });
});
