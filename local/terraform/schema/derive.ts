import { parseMembers, upperFirst } from './generated-members';
import type { ClassMember, GeneratedMembers, RenderedMember } from './generated-members';
import { folderOf, GeneratedLayoutError, readSource } from './generated-source';
import type { AttributeSchema, AttributeType, BlockSchema, NestedBlockSchema } from './schema';
import { typeOfBlock } from './schema';

/** The schema of a resource type such as `google_storage_bucket`. Throws GeneratedLayoutError. */
export function deriveResourceSchema(type: string): BlockSchema {
  const folder = folderOf(type);
  return deriveSchema(readSource(folder), `lib/${folder}`);
}

/** The schema of the provider block. Throws GeneratedLayoutError. */
export function deriveProviderSchema(): BlockSchema {
  return deriveSchema(readSource('provider'), 'lib/provider');
}

/** The schema in generated TypeScript; `where` names it in errors. Throws GeneratedLayoutError. */
export function deriveSchema(source: string, where: string): BlockSchema {
  const members = parseMembers(source, where);
  return new Derivation(members, where).block(members.root, `${members.root}Config`, members.root);
}

/** Types of what is only computed, by the getter that reads it. */
const GETTERS: readonly (readonly [RegExp, AttributeType])[] = [
  [/\bgetStringAttribute\(/, 'string'],
  [/\bgetNumberAttribute\(/, 'number'],
  [/\bgetBooleanAttribute\(/, 'bool'],
  [/\bcdktf\.Fn\.tolist\(this\.getListAttribute\(/, ['set', 'string']],
  [/\bgetListAttribute\(/, ['list', 'string']],
  [/\bgetNumberListAttribute\(/, ['list', 'number']],
  [/\bnew cdktf\.StringMap\(/, ['map', 'string']],
  [/\bnew cdktf\.StringMapList\(this, "\w+", false\)/, ['list', ['map', 'string']]],
];

/** Types of arguments, by their storage class and kind. */
const STORAGE_CLASSES: Readonly<Record<string, AttributeType>> = {
  'string simple': 'string',
  'number simple': 'number',
  'boolean simple': 'bool',
  'stringMap map': ['map', 'string'],
  'stringList list': ['list', 'string'],
  'stringList set': ['set', 'string'],
  'numberList list': ['list', 'number'],
};

class Derivation {
  readonly #members: GeneratedMembers;
  readonly #where: string;

  constructor(members: GeneratedMembers, where: string) {
    this.#members = members;
    this.#where = where;
  }

  /** `className` may be missing: the provider's own blocks have no class, and nothing in them is computed. */
  block(className: string, interfaceName: string, renderer: string): BlockSchema {
    const rendered = this.#members.rendered.get(renderer) ?? new Map<string, RenderedMember>();
    const declared = this.#members.interfaces.get(interfaceName);
    const inClass = this.#members.classes.get(className) ?? this.#membersWithoutClass(interfaceName);
    const attributes: Record<string, AttributeSchema> = {};
    const blocks: Record<string, NestedBlockSchema> = {};

    for (const [name, member] of inClass) {
      const where = `${className}.${name}`;
      const { computed, optional, required } = member;
      const rendering = rendered.get(name);
      if ((optional || required) !== (rendering !== undefined)) {
        throw this.#error(`${where} is settable by its comment or by its rendering, but not by both`);
      }
      const declaration = declared?.get(name);
      if (!rendering) {
        const type = this.#computedType(member, where);
        attributes[name] = { type, required: false, optional: false, computed: true, sensitive: false };
      } else if (!declaration || declaration.optional !== optional) {
        throw this.#error(`${where} is not declared as its comment says`);
      } else if (rendering.isBlock) {
        blocks[name] = this.#nestedBlock(rendering, required, where);
      } else {
        const type = STORAGE_CLASSES[`${rendering.storageClass} ${rendering.kind}`];
        if (type === undefined) throw this.#error(`${where} has the unknown type ${rendering.storageClass}`);
        const allowedValues = possibleValues(declaration.documentation);
        attributes[name] = {
          type,
          required,
          optional,
          computed,
          sensitive: false,
          ...(allowedValues && { allowedValues }),
        };
      }
    }
    const lost = [...rendered.keys(), ...(declared?.keys() ?? [])].find((name) => !inClass.has(name));
    if (lost !== undefined) throw this.#error(`${className}.${lost} has no comment on what it is`);
    return { attributes, blocks };
  }

  #nestedBlock(rendering: RenderedMember, required: boolean, where: string): NestedBlockSchema {
    const { value, kind } = rendering;
    const name = /\b(\w+)ToHclTerraform[(,]/.exec(value)?.[1];
    if (name === undefined) throw this.#error(`${where} is rendered by ${value}`);
    const struct = upperFirst(name);
    const block = this.block(`${struct}OutputReference`, struct, struct);
    const minItems = required ? 1 : 0;
    if (kind === 'struct') return { nesting: 'single', minItems: 0, maxItems: 0, block };
    if (kind !== 'list' && kind !== 'set') throw this.#error(`${where} is a block of kind ${kind}`);
    return { nesting: kind, minItems, maxItems: value.startsWith('cdktf.listMapperHcl(') ? 0 : 1, block };
  }

  #computedType({ code }: ClassMember, where: string): AttributeType {
    const simple = GETTERS.find(([getter]) => getter.test(code));
    if (simple) return simple[1];
    const [, struct, isSet] = /\bnew (\w+)List\(this, "\w+", (true|false)\)/.exec(code) ?? [];
    if (struct === undefined) throw this.#error(`${where} is read by unknown code: ${code.trim()}`);
    const object = typeOfBlock(this.block(`${struct}OutputReference`, struct, struct));
    return [isSet === 'true' ? 'set' : 'list', object];
  }

  #membersWithoutClass(interfaceName: string): ReadonlyMap<string, ClassMember> {
    if (this.#members.root !== 'GoogleProvider') throw this.#error(`${interfaceName} has no class`);
    const declared = [...(this.#members.interfaces.get(interfaceName) ?? [])];
    return new Map(
      declared.map(([name, { optional }]) => [
        name,
        { computed: false, optional, required: !optional, code: '' },
      ]),
    );
  }

  #error(problem: string): GeneratedLayoutError {
    return new GeneratedLayoutError(this.#where, problem);
  }
}

/** The documentation's closed list of values, such as `Possible values: ["PLAINTEXT", "HTML"]`. */
function possibleValues(documentation: string): readonly string[] | undefined {
  const list = /Possible values: (\["[^\]]*"\])/.exec(documentation)?.[1];
  if (list === undefined) return undefined;
  const values: string[] = JSON.parse(list);
  return values;
}
