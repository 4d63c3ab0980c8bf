import * as fc from 'fast-check';
import { firstDifference, firstUnknown, withoutUnknown } from '../../../local/terraform/block-values';
import type { Value } from '../../../local/terraform/resource-type';
import { UNKNOWN } from '../../../local/terraform/resource-type';
import type { AttributeType } from '../../../local/terraform/schema/schema';
import { decodeStateJson, decodeValue, encodeValue } from '../../../local/terraform/values';

const names = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);

/** Any type a schema can hold. */
const types: fc.Arbitrary<AttributeType> = fc.letrec<{ type: AttributeType }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<AttributeType>('string', 'number', 'bool'),
    fc.tuple(fc.constantFrom('list' as const, 'set' as const, 'map' as const), tie('type')),
    fc.tuple(
      fc.constant('object' as const),
      fc.dictionary(names, tie('type'), { maxKeys: 4, noNullPrototype: true }),
    ),
  ),
})).type;

const numbers = fc.oneof(
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(canonical),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n }),
  fc.bigInt({ min: -(2n ** 64n), max: -(2n ** 53n) }),
);

/** The one way a number is read: no negative zero, and whole ones that a number may not hold exactly as a bigint. */
function canonical(number: number): number | bigint {
  if (/^-?\d{16,}$/.test(String(number)) && !Number.isSafeInteger(number)) return BigInt(number);
  return Object.is(number, -0) ? 0 : number;
}

/** Any value of `type`, with null and unknown parts where Terraform can have them. */
function valuesOf(type: AttributeType, withUnknown: boolean): fc.Arbitrary<Value> {
  const absents: Value[] = withUnknown ? [null, UNKNOWN] : [null];
  const absent = fc.constantFrom(...absents);
  return fc.oneof({ weight: 4, arbitrary: presentOf(type, withUnknown) }, { weight: 1, arbitrary: absent });
}

function presentOf(type: AttributeType, withUnknown: boolean): fc.Arbitrary<Value> {
  if (type === 'string') return fc.string({ unit: 'binary' });
  if (type === 'number') return numbers;
  if (type === 'bool' || type === 'dynamic') return fc.boolean();
  const [kind, inner] = type;
  if (kind === 'object') {
    const fields = Object.entries(inner).map(
      ([name, field]) => [name, valuesOf(field, withUnknown)] as const,
    );
    return fc.record(Object.fromEntries(fields), { noNullPrototype: true });
  }
  const items = valuesOf(inner, withUnknown);
  if (kind === 'map') return fc.dictionary(names, items, { maxKeys: 4, noNullPrototype: true });
  return fc.array(items, { maxLength: 4 });
}

function typedValues(withUnknown: boolean): fc.Arbitrary<readonly [AttributeType, Value]> {
  return types.chain((type) => fc.tuple(fc.constant(type), valuesOf(type, withUnknown)));
}

/** JSON as Terraform writes a state. */
function stateJson(value: Value): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));
}

describe('values on the wire', () => {
  it('come back as they were sent, unknown parts and large numbers included', () => {
    fc.assert(
      fc.property(typedValues(true), ([type, value]) => {
        expect(decodeValue(encodeValue(value, type), type)).toEqual(value);
      }),
    );
  });

  it('come back from the JSON of a state', () => {
    fc.assert(
      fc.property(typedValues(false), ([type, value]) => {
        expect(decodeStateJson(stateJson(value), type)).toEqual(value);
      }),
    );
  });

  it('do not differ from themselves, also with the order of sets reversed', () => {
    fc.assert(
      fc.property(typedValues(false), ([type, value]) => {
        expect(firstDifference(value, reverseSets(value, type), type)).toBeUndefined();
      }),
    );
  });

  it('hold nothing unknown once that is taken out', () => {
    fc.assert(
      fc.property(typedValues(true), ([, value]) => {
        expect(firstUnknown(withoutUnknown(value))).toBeUndefined();
      }),
    );
  });
});

function reverseSets(value: Value, type: AttributeType): Value {
  if (typeof type === 'string' || typeof value !== 'object' || value === null) return value;
  const [kind, inner] = type;
  if (Array.isArray(value)) {
    const items = value.map((item: Value) => reverseSets(item, kind === 'object' ? 'dynamic' : inner));
    return kind === 'set' ? items.toReversed() : items;
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      const itemType = kind === 'object' ? (inner[name] ?? 'dynamic') : inner;
      return [name, reverseSets(item, itemType)];
    }),
  );
}
