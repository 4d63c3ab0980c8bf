import { GeneratedLayoutError } from './generated-source';

/** What the generated class says about one attribute or block. */
export interface ClassMember {
  readonly computed: boolean;
  readonly optional: boolean;
  readonly required: boolean;
  /** The field and getter that follow, from which the type of what is only computed is read. */
  readonly code: string;
}

/** How the generated code renders one argument or block. */
export interface RenderedMember {
  /** The expression, such as `cdktf.stringToHclTerraform(this._name)`. */
  readonly value: string;
  readonly isBlock: boolean;
  /** `simple`, `list`, `set`, `map` or `struct`. */
  readonly kind: string;
  /** Such as `string`, `stringMap` or `StorageBucketCorsList`. */
  readonly storageClass: string;
}

/** One argument or block as the generated interface declares and documents it. */
interface DeclaredMember {
  readonly optional: boolean;
  readonly documentation: string;
}

type Members<Member> = ReadonlyMap<string, Member>;

/** The parts of one generated file that tell of a schema; outer keys are TypeScript names, inner keys Terraform's. */
export interface GeneratedMembers {
  /** The class of the resource or provider itself. */
  readonly root: string;
  readonly classes: ReadonlyMap<string, Members<ClassMember>>;
  /** By interface name, and by `root` for the top level. */
  readonly rendered: ReadonlyMap<string, Members<RenderedMember>>;
  readonly interfaces: ReadonlyMap<string, Members<DeclaredMember>>;
}

const ROOT_CLASS = /^class (\w+) extends cdktf\.Terraform(?:Resource|Provider) \{/;
const CLASS = /^class (\w+) extends cdktf\.\w+ \{/;
const INTERFACE = /^interface (\w+)(?: extends [\w.]+)? \{/;
const RENDERER = /^function (\w+)ToHclTerraform\(/;

const CLASS_MEMBER =
  /^ {2}\/\/ (\w+) - computed: (true|false), optional: (true|false), required: (true|false)\n([^]*?)\n {2}\}\n/gm;
const RENDERED_MEMBER =
  /^ {4,6}(\w+): \{\n +value: (.*),\n +isBlock: (true|false),\n +type: "(\w+)",\n +storageClassType: "(\w+)",\n +\},$/gm;
const DECLARED_MEMBER = /^ {2}\/\*\*\n([^]*?#(\w+) \w+#\2\}[^]*?)\*\/\n {2}readonly \w+(\??): /gm;

/** Takes generated TypeScript apart. `where` names it in errors. */
export function parseMembers(source: string, where: string): GeneratedMembers {
  const classes = new Map<string, Members<ClassMember>>();
  const rendered = new Map<string, Members<RenderedMember>>();
  const interfaces = new Map<string, Members<DeclaredMember>>();
  let root: string | undefined;

  for (const declaration of source.split('\nexport ')) {
    const rootName = ROOT_CLASS.exec(declaration)?.[1];
    const className = CLASS.exec(declaration)?.[1];
    const interfaceName = INTERFACE.exec(declaration)?.[1];
    const rendererName = RENDERER.exec(declaration)?.[1];
    if (rootName !== undefined) {
      root = rootName;
      rendered.set(rootName, renderedMembers(declaration));
    }
    if (className !== undefined) classes.set(className, classMembers(declaration));
    if (interfaceName !== undefined) interfaces.set(interfaceName, declaredMembers(declaration));
    if (rendererName !== undefined) rendered.set(upperFirst(rendererName), renderedMembers(declaration));
  }
  if (root === undefined) throw new GeneratedLayoutError(where, 'it has no resource or provider class');
  return { root, classes, rendered, interfaces };
}

/** `storageBucketCors` -> `StorageBucketCors` */
export function upperFirst(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function classMembers(declaration: string): Members<ClassMember> {
  const members = new Map<string, ClassMember>();
  for (const [, name, computed, optional, required, code] of declaration.matchAll(CLASS_MEMBER)) {
    members.set(String(name), {
      computed: computed === 'true',
      optional: optional === 'true',
      required: required === 'true',
      code: String(code),
    });
  }
  return members;
}

function renderedMembers(declaration: string): Members<RenderedMember> {
  const members = new Map<string, RenderedMember>();
  for (const [, name, value, isBlock, kind, storageClass] of declaration.matchAll(RENDERED_MEMBER)) {
    members.set(String(name), {
      value: String(value),
      isBlock: isBlock === 'true',
      kind: String(kind),
      storageClass: String(storageClass),
    });
  }
  return members;
}

function declaredMembers(declaration: string): Members<DeclaredMember> {
  const members = new Map<string, DeclaredMember>();
  for (const [, documentation, name, optional] of declaration.matchAll(DECLARED_MEMBER)) {
    members.set(String(name), { optional: optional === '?', documentation: String(documentation) });
  }
  return members;
}
