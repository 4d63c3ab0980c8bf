/**
 * Translation between a resource's attributes and the object that Google's REST API has for it: `snake_case` to
 * `camelCase`, a block of which there is at most one to an object, and what is not set to what is not there.
 */

import { isDeepStrictEqual } from 'node:util';
import { type Attributes, UNKNOWN, type Value } from '../resource-type';
import { isList, isObject } from '../values';
import { blocks } from './attributes';

/** How one attribute or block is translated. */
type Field =
  /** Attribute: the value as it is. */
  | 'value'
  /** Attribute that reads as `default` where neither side says anything. */
  | { readonly default: Value }
  /** Block of which there is at most one. */
  | { readonly one: Fields }
  /** Block of which there are any number. */
  | { readonly many: Fields };

/** All attributes and blocks that are the API's, by Terraform's name. */
export type Fields = Readonly<Record<string, Field>>;

/** The translation for one kind of object; `ApiObject` is what `fields` describe. */
export class ApiObjectCodec<ApiObject extends object> {
  readonly #fields: Fields;

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  /** The API's object for `attributes`. What is not known yet is left out. */
  toApi(attributes: Attributes): ApiObject {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the schema has checked the values
    return objectOf(attributes, this.#fields) as ApiObject;
  }

  /**
   * The attributes for an object of the API. `prior` are the attributes before: a default that was left out there
   * stays left out.
   */
  toAttributes(object: ApiObject, prior: Attributes): Attributes {
    return attributesOf(object, this.#fields, prior);
  }
}

function objectOf(attributes: Attributes, fields: Fields): Record<string, unknown> {
  const entries = Object.entries(fields).flatMap(([name, field]): [string, unknown][] => {
    const value = attributes[name];
    if (value === null || value === undefined || value === UNKNOWN) return [];
    if (field === 'value' || 'default' in field) return [[camelCase(name), value]];
    const inner = 'one' in field ? field.one : field.many;
    const objects = blocks(attributes, name).map((block) => objectOf(block, inner));
    if (objects.length === 0) return [];
    return [[camelCase(name), 'one' in field ? objects[0] : objects]];
  });
  return Object.fromEntries(entries);
}

function attributesOf(object: object, fields: Fields, prior: Attributes): Attributes {
  const members = new Map<string, Value>(Object.entries(object));
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]): [string, Value] => {
      const value = members.get(camelCase(name)) ?? null;
      if (field === 'value') return [name, value];
      if ('default' in field) {
        const actual = value ?? field.default;
        return [name, prior[name] === null && isDeepStrictEqual(actual, field.default) ? null : actual];
      }
      const inner = 'one' in field ? field.one : field.many;
      const items: readonly Value[] = isList(value) ? value : [value];
      const objects = items.filter((each) => isObject(each));
      const before = blocks(prior, name);
      return [name, objects.map((each, index) => attributesOf(each, inner, before[index] ?? unset(inner)))];
    }),
  );
}

function unset(fields: Fields): Attributes {
  return Object.fromEntries(Object.keys(fields).map((name) => [name, null]));
}

function camelCase(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
