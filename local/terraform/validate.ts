import type { Path } from './block-values';
import type { Attributes, Diagnostic, Value } from './resource-type';
import type { AttributeSchema, BlockSchema } from './schema/schema';
import type { SupportedType } from './schema/supported-type';
import { isList, isObject } from './values';

/** What Terraform's own check against the schema lets pass although the real provider refuses it. */
export function validateResource<Products>(
  { behaviour, schema }: SupportedType<Products>,
  config: Attributes,
): Diagnostic[] {
  return [...validateBlock(config, schema, []), ...(behaviour.validate?.(config) ?? [])];
}

function validateBlock(config: Attributes, schema: BlockSchema, prefix: Path): Diagnostic[] {
  const attributes = Object.entries(schema.attributes).flatMap(([name, attribute]) =>
    validateAttribute(config[name] ?? null, attribute, [...prefix, name]),
  );
  const blocks = Object.entries(schema.blocks).flatMap(([name, { block }]) => {
    const value = config[name] ?? null;
    const path = [...prefix, name];
    if (isObject(value)) return validateBlock(value, block, path);
    if (!isList(value)) return [];
    return value.flatMap((item, index) =>
      isObject(item) ? validateBlock(item, block, [...path, index]) : [],
    );
  });
  return [...attributes, ...blocks];
}

function validateAttribute(value: Value, attribute: AttributeSchema, path: Path): Diagnostic[] {
  if (value === null) return [];
  if (!attribute.optional && !attribute.required) {
    return [
      {
        severity: 'error',
        summary: `${path.join('.')} cannot be set`,
        detail: 'Its value is decided automatically. Remove it from the configuration.',
        path,
      },
    ];
  }
  const { allowedValues } = attribute;
  // The real provider takes an empty text for an optional argument that is not set.
  if (!allowedValues || (value === '' && attribute.optional)) return [];
  const items = isList(value)
    ? value.map((item, index) => [item, [...path, index]] as const)
    : [[value, path] as const];
  return items
    .filter(([item]) => typeof item === 'string' && !allowedValues.includes(item))
    .map(([item, itemPath]) => ({
      severity: 'error',
      summary: `${path.join('.')} cannot be ${JSON.stringify(item)}`,
      detail: `Allowed are ${allowedValues.map((allowed) => JSON.stringify(allowed)).join(', ')}.`,
      path: itemPath,
    }));
}
