import { decode } from '@msgpack/msgpack';
import { UNKNOWN } from '../../../local/terraform/resource-type';
import { decodeStateJson, decodeValue, encodeValue } from '../../../local/terraform/values';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('values', () => {
  it('are unknown by extension 0 on the way out, and by any extension on the way in', () => {
    expect(hex(encodeValue(UNKNOWN, 'string'))).toBe('d40000');
    expect(decodeValue(Buffer.from('d40000', 'hex'), 'string')).toBe(UNKNOWN);
    // A refined unknown: extension 12 with a map that says it is not null.
    expect(decodeValue(Buffer.from('c7030c8101c2', 'hex'), ['set', 'string'])).toBe(UNKNOWN);
  });

  it.each([
    [0.1, '0.1'],
    [1e-7, '1e-7'],
    [2n ** 63n, '9223372036854775808'],
    [-5, -5],
    [2 ** 40, 2 ** 40],
  ])('send the number %p so that nothing of it is lost', (number, sent) => {
    expect(decode(encodeValue(number, 'number'))).toBe(sent);
  });

  it('get every attribute of their type, and lose what it does not have', () => {
    const type = ['object', { name: 'string', size: 'number', tags: ['set', 'string'] }] as const;
    expect(decodeStateJson('{"name":7,"size":"12","gone":true}', type)).toEqual({
      name: '7',
      size: 12,
      tags: null,
    });
  });

  it('name the place of what cannot be read', () => {
    const type = ['object', { rules: ['list', ['object', { age: 'number' }]] }] as const;
    expect(() => decodeStateJson('{"rules":[{"age":1},{"age":"old"}]}', type)).toThrow(
      new TypeError('rules.1.age is a string, not a number'),
    );
  });
});
