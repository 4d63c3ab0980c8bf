import type { ResourceType } from '../resource-type';
import { deriveResourceSchema } from './derive';
import type { AttributeSchema, AttributeType, BlockSchema } from './schema';
import { typeOfBlock } from './schema';

/** A resource type that has both behaviour and a schema. */
export interface SupportedType<Products> {
  readonly behaviour: ResourceType<Products>;
  readonly schema: BlockSchema;
  /** The type of the resource's values. */
  readonly type: AttributeType;
}

/**
 * Derives the schema of `behaviour` and puts into it what the behaviour says of it. Throws GeneratedLayoutError, and
 * RangeError when the behaviour names an attribute that there is not.
 */
export function supportedType<Products>(behaviour: ResourceType<Products>): SupportedType<Products> {
  const { type, replaceOn, changedByUpdate = [], defaults = [], sensitive = [] } = behaviour;
  let schema = deriveResourceSchema(type);
  for (const path of [...replaceOn, ...changedByUpdate]) checkPath(type, schema, path.split('.'));
  for (const path of defaults) {
    schema = changeAttribute(type, schema, path.split('.'), (attribute) => {
      if (!attribute.optional)
        throw new RangeError(`${type} has a default for ${path}, which is not optional`);
      return { ...attribute, computed: true };
    });
  }
  for (const path of sensitive) {
    schema = changeAttribute(type, schema, path.split('.'), (attribute) => ({
      ...attribute,
      sensitive: true,
    }));
  }
  return { behaviour, schema, type: typeOfBlock(schema) };
}

/** The path may end at a block. */
function checkPath(type: string, schema: BlockSchema, path: readonly string[]): void {
  const [name = '', ...rest] = path;
  const block = schema.blocks[name]?.block;
  if (block && rest.length > 0) checkPath(type, block, rest);
  else if (!block && (rest.length > 0 || !schema.attributes[name])) throw unknownPath(type, name);
}

function changeAttribute(
  type: string,
  schema: BlockSchema,
  path: readonly string[],
  change: (attribute: AttributeSchema) => AttributeSchema,
): BlockSchema {
  const [name = '', ...rest] = path;
  if (rest.length === 0) {
    const attribute = schema.attributes[name];
    if (!attribute) throw unknownPath(type, name);
    return { ...schema, attributes: { ...schema.attributes, [name]: change(attribute) } };
  }
  const nested = schema.blocks[name];
  if (!nested) throw unknownPath(type, name);
  const block = changeAttribute(type, nested.block, rest, change);
  return { ...schema, blocks: { ...schema.blocks, [name]: { ...nested, block } } };
}

function unknownPath(type: string, name: string): RangeError {
  return new RangeError(`The behaviour of ${type} names '${name}', which its schema does not have`);
}
