import { CloudPropagator } from '@google-cloud/opentelemetry-cloud-trace-propagator';
import { defaultTextMapGetter, ROOT_CONTEXT } from '@opentelemetry/api';
import { getArrival } from '../../../services/telemetry/arrival';
import { parseCloudTraceContext } from '../../../services/telemetry/cloud-trace-context';
import { TracedPropagator } from '../../../services/telemetry/propagator';

const NAME = 'x-cloud-trace-context';
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
    [
      `${281017822499060589596062859815111849546n.toString(16)}/17725314949316355921;o=1`,
      'd36a105d7002f0dee73c0dfb9553764a',
      'f5fcf8089dec2751',
      1,
    ],
    ['00000000000000000000000000000002/19;o=0', '00000000000000000000000000000002', '0000000000000013', 0],
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
    ['a span id of 21 digits', `${X}/${'0'.repeat(20)}1`],
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

  test("whatever comes in, Google's conversion of quadratic time gets 20 digits at most", () => {
    // GIVEN the conversion under watch, and values of up to a million digits and blanks in every place
    const extract = jest.spyOn(CloudPropagator.prototype, 'extract');
    const many = [1, 19, 20, 21, 100, 1_000, 16_000, 1_000_000];
    const values = many.flatMap((count) => {
      const [digits, zeros, blanks] = ['9', '0', ' '].map((character) => character.repeat(count));
      return [
        `${X}/${digits};o=1`,
        `${X}/${zeros}1;o=1`,
        `${X}/1;o=${digits}`,
        `${X}${digits}/1;o=1`,
        `${blanks}${X}/1${blanks};o=1${blanks}`,
        `${blanks}${X}/1;o=1${blanks}x`,
      ];
    });
    // WHEN
    for (const value of values) parseCloudTraceContext(value);
    // THEN
    const given = extract.mock.calls.map(([, carrier]) => Object.values(Object(carrier)).join());
    extract.mockRestore();
    expect(given.length).toBeGreaterThan(0);
    for (const value of given) expect(value).toMatch(/^[0-9a-f]{32}\/[0-9]{1,20};o=[01]$/);
  });
});

describe('X-Cloud-Trace-Context beside traceparent', () => {
  const valid = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;

  test.each([
    ['both are valid', { traceparent: valid, [NAME]: `${X}/1;o=1` }, '1'.repeat(32)],
    ['the traceparent is invalid', { traceparent: `${valid}-x`, [NAME]: `${X}/1;o=1` }, X],
    ['the traceparent came twice', { traceparent: `${valid}, ${valid}`, [NAME]: `${X}/1;o=1` }, X],
    ['there is none', { [NAME]: `${X}/1;o=1` }, X],
    ['it is invalid itself', { traceparent: valid, [NAME]: `${X}/0;o=1` }, '1'.repeat(32)],
    ['both are invalid', { traceparent: 'x', [NAME]: 'x' }, undefined],
    ['it is a list, of which the first value counts', { [NAME]: [`${X}/1`, `${'3'.repeat(32)}/1`] }, X],
    ['it came twice in one value', { [NAME]: `${X}/1, ${X}/1` }, undefined],
  ])('when %s', (_case, headers, traceId) => {
    const context = new TracedPropagator(true).extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    expect(getArrival(context)?.traceId).toBe(traceId);
  });
});
