/** The shape of a resource type's configuration and state, as Terraform's core sees it. */

/** A type in the JSON notation that Terraform's protocol carries it in. */
export type AttributeType =
  | 'string'
  | 'number'
  | 'bool'
  | 'dynamic'
  | readonly ['list' | 'set' | 'map', AttributeType]
  | readonly ['object', Readonly<Record<string, AttributeType>>];

export interface AttributeSchema {
  readonly type: AttributeType;
  readonly required: boolean;
  readonly optional: boolean;
  /** The provider gives it a value when the configuration does not. */
  readonly computed: boolean;
  readonly sensitive: boolean;
  /** Values its documentation lists as the possible ones. */
  readonly allowedValues?: readonly string[];
}

export interface BlockSchema {
  readonly attributes: Readonly<Record<string, AttributeSchema>>;
  readonly blocks: Readonly<Record<string, NestedBlockSchema>>;
}

export interface NestedBlockSchema {
  readonly nesting: 'single' | 'list' | 'set';
  readonly minItems: number;
  /** 0 is any number. */
  readonly maxItems: number;
  readonly block: BlockSchema;
}

/** The type of a block's values. */
export function typeOfBlock(block: BlockSchema): AttributeType {
  const attributes = Object.entries(block.attributes).map(([name, { type }]) => [name, type] as const);
  const blocks = Object.entries(block.blocks).map(
    ([name, nested]) => [name, typeOfNestedBlock(nested)] as const,
  );
  return ['object', Object.fromEntries([...attributes, ...blocks])];
}

/** The type of what stands under a nested block's name: an object, or a list or set of them. */
export function typeOfNestedBlock({ nesting, block }: NestedBlockSchema): AttributeType {
  const type = typeOfBlock(block);
  return nesting === 'single' ? type : [nesting, type];
}
