import { complete, fillUnknown, firstDifference } from './block-values';
import type { Path } from './block-values';
import { UNKNOWN } from './resource-type';
import type { Attributes, PlanRequest, Value } from './resource-type';
import type { BlockSchema } from './schema/schema';
import { typeOfNestedBlock } from './schema/schema';
import type { SupportedType } from './schema/supported-type';
import { isList, isObject } from './values';

// What a plan may say is in docs/resource-instance-change-lifecycle.md of https://github.com/hashicorp/terraform.

export interface Plan {
  readonly planned: Attributes;
  /** What cannot be changed in place. Empty on create. */
  readonly requiresReplace: readonly Path[];
}

/**
 * Plans a resource that is going to exist. `proposed` is Terraform's own merge of the configuration with the prior
 * state: what is configured, and what was computed before.
 */
export function planResource<Products>(
  { behaviour, schema, type }: SupportedType<Products>,
  proposed: Attributes,
  request: PlanRequest,
): Plan {
  const { config, prior, provider } = request;
  const planned: Attributes = complete(proposed, schema);
  if ('project' in planned && config['project'] === null) planned['project'] = provider.projectId;
  behaviour.plan?.(planned, request);

  const filled = fillUnknown(complete(planned, schema), prior, schema);
  if (!prior || !firstDifference(prior, filled, type)) return { planned: filled, requiresReplace: [] };

  for (const name of behaviour.changedByUpdate ?? []) {
    const attribute = schema.attributes[name];
    // What `plan` has put a new value into is known after all.
    const isNew =
      attribute && firstDifference(prior[name] ?? null, filled[name] ?? null, attribute.type) !== undefined;
    if (config[name] === null && !isNew) filled[name] = UNKNOWN;
  }
  const replaceOn = new Set([...behaviour.replaceOn, ...('project' in planned ? ['project'] : [])]);
  return {
    planned: filled,
    requiresReplace: [...replaceOn].flatMap((path) => changes(prior, filled, schema, path.split('.'))),
  };
}

/** The places below `prefix` that `names` stands for and that differ between the two objects. */
function changes(
  prior: Attributes | null,
  planned: Attributes | null,
  schema: BlockSchema,
  names: readonly string[],
  prefix: Path = [],
): Path[] {
  const [name = '', ...rest] = names;
  const path = [...prefix, name];
  const before = prior?.[name] ?? null;
  const after = planned?.[name] ?? null;
  const nested = schema.blocks[name];
  // There is no index into a set, so that a set counts as a whole.
  if (!nested || rest.length === 0 || nested.nesting === 'set' || after === UNKNOWN) {
    const type = nested ? typeOfNestedBlock(nested) : (schema.attributes[name]?.type ?? 'dynamic');
    return firstDifference(before, after, type) ? [path] : [];
  }
  if (nested.nesting === 'single') {
    return changes(objectOrNull(before), objectOrNull(after), nested.block, rest, path);
  }
  const [olds, news] = [isList(before) ? before : [], isList(after) ? after : []];
  const indexes = [...(olds.length > news.length ? olds : news).keys()];
  return indexes.flatMap((index) =>
    changes(objectOrNull(olds[index]), objectOrNull(news[index]), nested.block, rest, [...path, index]),
  );
}

function objectOrNull(value: Value | undefined): Attributes | null {
  return isObject(value) ? value : null;
}
