import { decode, encode, ExtData } from '@msgpack/msgpack';
import { UNKNOWN } from './resource-type';
import type { Value } from './resource-type';
import type { AttributeType } from './schema/schema';

// The wire format is docs/plugin-protocol/object-wire-format.md in https://github.com/hashicorp/terraform.

/** Any extension is a value that is not known yet; code 12 carries refinements of it, which nothing here needs. */
const UNKNOWN_EXTENSION = new ExtData(0, new Uint8Array([0]));

const extensionCodec = {
  tryToEncode: (object: unknown) => (object === UNKNOWN ? UNKNOWN_EXTENSION : null),
  decode: () => UNKNOWN,
};

/** Reads Terraform's msgpack. Whole numbers come out as `number` where that is exact, else as `bigint`. */
export function decodeValue(bytes: Uint8Array, type: AttributeType): Value {
  return coerce(decode(bytes, { extensionCodec, useBigInt64: true }), type);
}

/** Writes Terraform's msgpack. `value` must have the shape of `type`. */
export function encodeValue(value: Value, type: AttributeType): Uint8Array {
  return encode(toWire(value, type), { extensionCodec, useBigInt64: false });
}

/** Reads the JSON of a stored state, which has the same shape as the msgpack but may be of another schema's making. */
export function decodeStateJson(json: string, type: AttributeType): Value {
  return coerce(JSON.parse(json), type);
}

/**
 * Fits what msgpack or JSON gave to `type`: names the type lacks are dropped, missing ones become null, and a scalar
 * of another type is converted as Terraform converts it. Throws TypeError with the path of what cannot be.
 */
function coerce(value: unknown, type: AttributeType, path: readonly (string | number)[] = []): Value {
  if (value === UNKNOWN) return UNKNOWN;
  if (value === null || value === undefined) return null;
  if (typeof type === 'string') return coerceScalar(value, type, path);
  const [kind, inner] = type;
  if (kind === 'list' || kind === 'set') {
    if (!Array.isArray(value)) throw mismatch(value, kind, path);
    return value.map((item: unknown, index) => coerce(item, inner, [...path, index]));
  }
  if (typeof value !== 'object' || Array.isArray(value)) throw mismatch(value, kind, path);
  if (kind === 'map') {
    return fromEntries(Object.entries(value), (item, name) => coerce(item, inner, [...path, name]));
  }
  const found = new Map<string, unknown>(Object.entries(value));
  return fromEntries(Object.entries(inner), (attribute, name) =>
    coerce(found.get(name), attribute, [...path, name]),
  );
}

function coerceScalar(
  value: unknown,
  type: AttributeType & string,
  path: readonly (string | number)[],
): Value {
  switch (type) {
    case 'string':
      if (typeof value === 'string') return value;
      if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
        return `${value}`;
      break;
    case 'number':
      if (typeof value === 'number') return value;
      if (typeof value === 'bigint') return exactNumber(value);
      if (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) {
        return /^-?\d+$/.test(value) ? exactNumber(BigInt(value)) : Number(value);
      }
      break;
    case 'bool':
      if (typeof value === 'boolean') return value;
      if (value === 'true' || value === 'false') return value === 'true';
      break;
    case 'dynamic':
      // Only types that are refused have such attributes, and their values are never read.
      break;
  }
  throw mismatch(value, type, path);
}

function exactNumber(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function mismatch(value: unknown, wanted: string, path: readonly (string | number)[]): TypeError {
  const got = Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  return new TypeError(`${path.join('.') || 'the value'} is ${got}, not a ${wanted}`);
}

/** Numbers go as Terraform's own: whole ones that fit as integers, all others as decimal text, which stays exact. */
function toWire(value: Value, type: AttributeType): unknown {
  if (value === UNKNOWN || value === null) return value;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : String(value);
  if (typeof value !== 'object' || typeof type === 'string') return value;
  const [kind, inner] = type;
  if (isList(value)) {
    if (kind !== 'list' && kind !== 'set') throw mismatch(value, kind, []);
    return value.map((item) => toWire(item, inner));
  }
  if (kind === 'map') return fromEntries(Object.entries(value), (item) => toWire(item, inner));
  if (kind !== 'object') throw mismatch(value, kind, []);
  return fromEntries(Object.entries(inner), (attribute, name) => toWire(value[name] ?? null, attribute));
}

/** `Array.isArray` that also narrows readonly arrays. */
export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isObject(value: Value | undefined): value is { readonly [name: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fromEntries<In, Out>(
  entries: readonly (readonly [string, In])[],
  convert: (value: In, name: string) => Out,
): Record<string, Out> {
  return Object.fromEntries(entries.map(([name, value]) => [name, convert(value, name)]));
}
