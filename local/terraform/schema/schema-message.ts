import type { BlockSchema } from './schema';

/** `Schema.Block` of tfplugin6.proto. */
interface BlockMessage {
  readonly attributes: readonly object[];
  readonly block_types: readonly object[];
}

/** `Schema` of tfplugin6.proto. */
export interface SchemaMessage {
  readonly block: BlockMessage;
}

export function schemaMessage(schema: BlockSchema): SchemaMessage {
  return { block: blockMessage(schema) };
}

/**
 * Schemas of types that are going to be refused by name, from the names of their arguments: Terraform calls the
 * provider only for configurations that fit the type's schema, so every argument is allowed to be anything.
 */
export function schemaMessagesOfAnything(
  types: ReadonlyMap<string, readonly string[]>,
): Record<string, SchemaMessage> {
  const type = Buffer.from('"dynamic"');
  return Object.fromEntries(
    [...types].map(([typeName, names]) => {
      const attributes = names.map((name) => ({ name, type, optional: true }));
      return [typeName, { block: { attributes, block_types: [] } }];
    }),
  );
}

function blockMessage({ attributes, blocks }: BlockSchema): BlockMessage {
  return {
    attributes: Object.entries(attributes).map(
      ([name, { type, required, optional, computed, sensitive }]) => ({
        name,
        type: Buffer.from(JSON.stringify(type)),
        required,
        optional,
        computed,
        sensitive,
      }),
    ),
    block_types: Object.entries(blocks).map(([type_name, { nesting, minItems, maxItems, block }]) => ({
      type_name,
      block: blockMessage(block),
      nesting: nesting.toUpperCase(),
      min_items: minItems,
      max_items: maxItems,
    })),
  };
}
