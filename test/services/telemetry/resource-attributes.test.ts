import { assert, dictionary, property, string } from 'fast-check';
import {
  parseResourceAttributes,
  renderResourceAttributes,
} from '../../../services/telemetry/resource-attributes';
import { describeProblem } from '../../../services/telemetry/setting-problem';

const parse = (text: string): Record<string, string> => {
  const { attributes, problems } = parseResourceAttributes(text);
  expect(problems).toEqual([]);
  return attributes;
};

describe('attributes of the resource', () => {
  test.each<[string, Record<string, string>]>([
    ['', {}],
    [' ', {}],
    ['team=payments', { team: 'payments' }],
    ['team=payments,cost.center=4711', { team: 'payments', 'cost.center': '4711' }],
    ['\tteam = payments , a=b ', { team: 'payments', a: 'b' }],
    // As OpenTelemetry's own SDK reads them: an empty member is none.
    ['team=payments,', { team: 'payments' }],
    ['team=', { team: '' }],
    ['motto=a%2Cb%3Dc%20d%25', { motto: 'a,b=c d%' }],
    ['a%2Cb=c', { 'a,b': 'c' }],
    ['city=Z%C3%BCrich', { city: 'Zürich' }],
    ['city=Zürich', { city: 'Zürich' }],
    ['sum=1+1', { sum: '1+1' }],
    ['a=1,a=2', { a: '2' }],
    [`a=${'%C3%BC'.repeat(127)}`, { a: 'ü'.repeat(127) }],
  ])('are read by the specification: %j', (text, attributes) => {
    expect(parse(text)).toEqual(attributes);
  });

  test.each([
    ['a=1,junk', 'junk'],
    ['a=1,=x', '=x'],
    ['a=1,b=2=3', 'b=2=3'],
    ['a=1, b=%', 'b=%'],
    ['a=1,b=%C3', 'b=%C3'],
    ['%zz=b,a=1', '%zz=b'],
  ])('are none at all where one of them is wrong, which is told: %j', (text, wrong) => {
    const { attributes, problems } = parseResourceAttributes(text);
    expect(attributes).toEqual({});
    expect(problems.map(describeProblem)).toEqual([
      `OTEL_RESOURCE_ATTRIBUTES is '${text}', allowed is key=value pairs separated by commas, with ',', '=' and '%' in ` +
        `them as %2C, %3D and %25, which '${wrong}' is not; using none of them`,
    ]);
  });

  test('beyond 64, and those with a key or a value of more than 255 bytes, are dropped, which is told once', () => {
    const many = Array.from({ length: 63 }, (_item, index) => [`a${index}`, String(index)] as const);
    const given = [...many, ['long', 'ü'.repeat(128)], ['k'.repeat(256), 'x'], ['last', ''], ['more', '1']];
    const text = given.map((pair) => pair.join('=')).join(',');
    const { attributes, problems } = parseResourceAttributes(text);
    expect(attributes).toEqual({ ...Object.fromEntries(many), last: '' });
    expect(problems).toEqual([
      {
        variable: 'OTEL_RESOURCE_ATTRIBUTES',
        got: text,
        allowed: '64 attributes with at most 255 bytes in a key and in a value',
        used: `all but long, ${'k'.repeat(40)}…, more`,
      },
    ]);
  });

  test('that a construct renders are those that a service reads', () => {
    const text = string({ unit: 'grapheme', maxLength: 20 }).filter((it) => !it.includes('${'));
    const key = text.filter((it) => it !== '');
    expect(() =>
      assert(
        property(dictionary(key, text, { maxKeys: 10 }), (attributes) => {
          const rendered = renderResourceAttributes(attributes);
          expect(rendered).toMatch(/^[\x21-\x7E]*$/);
          expect(parse(rendered)).toEqual({ ...attributes });
        }),
        { numRuns: 500 },
      ),
    ).not.toThrow();
  });

  test('that only Terraform knows are left to it', () => {
    const attributes = { 'gcp.project_id': '${TfToken[TOKEN.0]}', 'cloud.region': undefined };
    expect(renderResourceAttributes(attributes)).toBe('gcp.project_id=${TfToken[TOKEN.0]}');
  });
});
