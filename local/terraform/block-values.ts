import { UNKNOWN } from './resource-type';
import type { Attributes, Value } from './resource-type';
import { typeOfBlock } from './schema/schema';
import type { AttributeType, BlockSchema, NestedBlockSchema } from './schema/schema';
import { isList, isObject } from './values';

/** Names and list indexes from a resource to a value in it. */
export type Path = readonly (string | number)[];

/** Absent attributes and single blocks are null, absent lists and sets of blocks are empty: Terraform wants them so. */
export function complete(attributes: Attributes, schema: BlockSchema): Attributes {
  const surplus = Object.keys(attributes).find((name) => !schema.attributes[name] && !schema.blocks[name]);
  if (surplus !== undefined) throw new TypeError(`'${surplus}' is no attribute or block of the schema`);
  const own = Object.keys(schema.attributes).map((name) => [name, attributes[name] ?? null] as const);
  const blocks = Object.entries(schema.blocks).map(
    ([name, nested]) => [name, completeBlock(attributes[name] ?? null, nested)] as const,
  );
  return Object.fromEntries([...own, ...blocks]);
}

function completeBlock(value: Value, { nesting, block }: NestedBlockSchema): Value {
  if (value === UNKNOWN) return UNKNOWN;
  if (nesting === 'single') return isObject(value) ? complete(value, block) : null;
  return isList(value) ? value.map((item) => (isObject(item) ? complete(item, block) : item)) : [];
}

/**
 * Makes what is computed and still null unknown in what is new, which is all of it when `prior` is null. In what was
 * there before a null stays: marking that unknown would make a change out of every plan.
 */
export function fillUnknown(planned: Attributes, prior: Attributes | null, schema: BlockSchema): Attributes {
  const filled: Attributes = { ...planned };
  for (const [name, { computed }] of Object.entries(schema.attributes)) {
    if (computed && planned[name] === null && !prior) filled[name] = UNKNOWN;
  }
  for (const [name, nested] of Object.entries(schema.blocks)) {
    const value = planned[name] ?? null;
    const before = prior?.[name] ?? null;
    if (nested.nesting === 'single') {
      if (isObject(value)) filled[name] = fillUnknown(value, isObject(before) ? before : null, nested.block);
    } else if (isList(value)) {
      filled[name] = value.map((item, index) =>
        isObject(item) ? fillUnknown(item, counterpart(item, index, before, nested), nested.block) : item,
      );
    }
  }
  return filled;
}

/** Elements of a set have no place, so only an equal one is the same one. */
function counterpart(
  item: Value,
  index: number,
  before: Value,
  nested: NestedBlockSchema,
): Attributes | null {
  if (!isList(before)) return null;
  const type = typeOfBlock(nested.block);
  const same =
    nested.nesting === 'set' ? before.find((other) => !firstDifference(other, item, type)) : before[index];
  return isObject(same) ? same : null;
}

/**
 * Where `actual` first differs from `expected`; undefined when it does not. UNKNOWN in `expected` stands for anything.
 * The order in sets does not matter; a difference in one is reported at the set itself.
 */
export function firstDifference(
  expected: Value,
  actual: Value,
  type: AttributeType,
  path: Path = [],
): Path | undefined {
  if (expected === UNKNOWN) return undefined;
  if (typeof type === 'string' || expected === null || actual === null || actual === UNKNOWN) {
    return sameScalar(expected, actual) ? undefined : path;
  }
  const [kind, inner] = type;
  if (kind === 'set')
    return isList(expected) && isList(actual) && sameSet(expected, actual, inner) ? undefined : path;
  if (kind === 'list') {
    if (!isList(expected) || !isList(actual) || expected.length !== actual.length) return path;
    return firstOf(expected, (item, index) =>
      firstDifference(item, actual[index] ?? null, inner, [...path, index]),
    );
  }
  if (!isObject(expected) || !isObject(actual)) return path;
  if (kind === 'object') {
    return firstOf(Object.entries(inner), ([name, attribute]) =>
      firstDifference(expected[name] ?? null, actual[name] ?? null, attribute, [...path, name]),
    );
  }
  return firstOf(Object.keys({ ...expected, ...actual }), (name) =>
    // A map with a null in it is another map than one without the name.
    name in expected === name in actual
      ? firstDifference(expected[name] ?? null, actual[name] ?? null, inner, [...path, name])
      : [...path, name],
  );
}

function sameScalar(one: Value, other: Value): boolean {
  if (one === other) return true;
  // A whole number is a bigint only where it does not fit a number, but behaviours need not keep to that.
  return isNumeric(one) && isNumeric(other) && `${one}` === `${other}`;
}

function isNumeric(value: Value): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function sameSet(expected: readonly Value[], actual: readonly Value[], type: AttributeType): boolean {
  const same = (one: Value, other: Value) => !firstDifference(one, other, type);
  return (
    expected.every((item) => actual.some((other) => same(item, other))) &&
    actual.every((other) => expected.some((item) => same(item, other)))
  );
}

function firstOf<Item, Result>(
  items: readonly Item[],
  find: (item: Item, index: number) => Result | undefined,
): Result | undefined {
  for (const [index, item] of items.entries()) {
    const result = find(item, index);
    if (result !== undefined) return result;
  }
  return undefined;
}

/** Where a value that is not known yet is left in `value`; undefined when there is none. */
export function firstUnknown(value: Value, path: Path = []): Path | undefined {
  if (value === UNKNOWN) return path;
  if (isList(value)) return firstOf(value, (item, index) => firstUnknown(item, [...path, index]));
  if (isObject(value))
    return firstOf(Object.entries(value), ([name, item]) => firstUnknown(item, [...path, name]));
  return undefined;
}

/** `value` with null for all that is not known. */
export function withoutUnknown(value: Value): Value {
  if (value === UNKNOWN) return null;
  if (isList(value)) return value.map(withoutUnknown);
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutUnknown(item)]));
  }
  return value;
}
