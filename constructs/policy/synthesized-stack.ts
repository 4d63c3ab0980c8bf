import type { TerraformStack } from 'cdktf';
import { type Attributes, block, isAttributes, texts } from './attributes';

/** Attributes by name, by type, in Terraform's JSON syntax. */
type Resources = Readonly<Record<string, Readonly<Record<string, Attributes>>>>;

/** The parts of a configuration that rules look at. */
export interface Configuration {
  readonly resource?: Resources;
  readonly data?: Resources;
  readonly locals?: Attributes;
}

/** A resource or data source as Terraform will read it, with every override. */
export interface SynthesizedResource {
  /** Such as `google_storage_bucket.documents` or `data.google_iam_policy.public`. */
  readonly address: string;
  readonly type: string;
  readonly attributes: Attributes;
  /** Path of its construct; without one it comes from an override of the stack. */
  readonly path: string | undefined;
}

const REFERENCE = /(?:data\.)?[a-z][a-z0-9_]*\.[A-Za-z_][\w-]*/g;
const WHOLE_REFERENCE = /^\$\{((?:data\.)?[a-z][a-z0-9_]*\.[A-Za-z_][\w-]*)(?:\.(\w+))?\}$/;
/** Terraform refuses longer chains only where they are cycles; this ends them. */
const MAX_REFERENCES = 10;

/** Everything a stack synthesizes, with the references between its resources. */
export class SynthesizedStack {
  /** What the stack writes, with overrides of its resources and of itself. */
  static of(stack: TerraformStack): SynthesizedStack {
    return new SynthesizedStack(stack.toTerraform());
  }

  readonly resources: readonly SynthesizedResource[];
  readonly #byAddress: ReadonlyMap<string, SynthesizedResource>;
  readonly #locals: Attributes;

  constructor(configuration: Configuration) {
    this.resources = [...list('', configuration.resource), ...list('data.', configuration.data)];
    this.#byAddress = new Map(this.resources.map((resource) => [resource.address, resource]));
    this.#locals = configuration.locals ?? {};
  }

  /** Resources of one type, such as `google_storage_bucket`. */
  ofType(type: string): SynthesizedResource[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  /**
   * What is known of a value at synth, references to other values of the stack followed: undefined for what only
   * Terraform or Google can tell.
   */
  literal(value: unknown, references = MAX_REFERENCES): string | number | boolean | undefined {
    if (typeof value === 'number' || typeof value === 'boolean') return value;
    if (typeof value !== 'string') return undefined;
    if (!/[$%]\{/.test(value)) return value;
    const [, address = '', attribute = ''] = WHOLE_REFERENCE.exec(value) ?? [];
    if (references === 0) return undefined;
    const target = address.startsWith('local.')
      ? this.#locals[address.slice('local.'.length)]
      : this.#byAddress.get(address)?.attributes[attribute];
    return this.literal(target, references - 1);
  }

  /** The text of a value that is known at synth. */
  text(value: unknown): string | undefined {
    const literal = this.literal(value);
    return literal === undefined ? undefined : String(literal);
  }

  /** Whether a value is known at synth to be `expected`, as a boolean or its text. */
  is(value: unknown, expected: boolean): boolean {
    return this.text(value) === String(expected);
  }

  /** Whether a value is left out, or known at synth not to be `expected`. What is not known is let through. */
  isNot(value: unknown, expected: string | boolean): boolean {
    if (value === undefined || value === null) return true;
    const text = this.text(value);
    return text !== undefined && text !== String(expected);
  }

  /** Resources of the stack that a value refers to. */
  referenced(value: unknown): SynthesizedResource[] {
    const addresses = texts(value).flatMap((text) => text.match(REFERENCE) ?? []);
    return [...new Set(addresses)].flatMap((address) => this.#byAddress.get(address) ?? []);
  }

  /**
   * Whether Terraform makes `other` before a resource: it depends on it or refers to it, or something it waits for does.
   * The nearest are looked at first, so that what a service names itself is found without a walk through the stack.
   */
  waitsFor(resource: SynthesizedResource, other: SynthesizedResource): boolean {
    const found = new Set([resource]);
    // What is added on the way is visited as well.
    for (const next of found) {
      const needed = this.#needs(next);
      if (needed.includes(other)) return true;
      for (const one of needed) found.add(one);
    }
    return false;
  }

  readonly #needed = new Map<SynthesizedResource, readonly SynthesizedResource[]>();

  #needs(resource: SynthesizedResource): readonly SynthesizedResource[] {
    const known = this.#needed.get(resource);
    if (known) return known;
    const needed = this.referenced(resource.attributes);
    this.#needed.set(resource, needed);
    return needed;
  }
}

/** A view of a stack that is made when a rule first asks for it, and shared with those that ask later. */
export function oncePerStack<View>(
  view: (stack: SynthesizedStack) => View,
): (stack: SynthesizedStack) => View {
  const views = new WeakMap<SynthesizedStack, { readonly view: View }>();
  return (stack) => {
    const known = views.get(stack) ?? { view: view(stack) };
    views.set(stack, known);
    return known.view;
  };
}

function list(prefix: string, resources: Resources = {}): SynthesizedResource[] {
  return Object.entries(resources).flatMap(([type, byName]) =>
    Object.entries(byName).map(([name, { '//': comment, ...attributes }]) => ({
      address: `${prefix}${type}.${name}`,
      type,
      attributes,
      path: pathIn(comment),
    })),
  );
}

/** cdktf writes the path of the construct into the comment of each resource. */
function pathIn(comment: unknown): string | undefined {
  const path = block(isAttributes(comment) ? comment : undefined, 'metadata')?.['path'];
  return typeof path === 'string' ? path : undefined;
}
