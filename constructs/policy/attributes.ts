/** Attributes of a resource or block in Terraform's JSON syntax. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Blocks of a name. The syntax allows a list of them, or one alone (Terraform, "JSON Configuration Syntax"). */
export function blocks(attributes: Attributes | undefined, name: string): Attributes[] {
  const value = attributes?.[name];
  return (Array.isArray(value) ? value : [value]).filter(isAttributes);
}

/** The only block of a name, or the first. */
export function block(attributes: Attributes | undefined, name: string): Attributes | undefined {
  return blocks(attributes, name)[0];
}

/**
 * Whether a block may be there without being readable at synth: it is a token, or made of a dynamic block. Rules let
 * through what they cannot read.
 */
export function isUnreadable(attributes: Attributes | undefined, name: string): boolean {
  return typeof attributes?.[name] === 'string' || block(attributes, 'dynamic')?.[name] !== undefined;
}

/** Values of a list; a value alone counts as one. */
export function list(attributes: Attributes | undefined, name: string): unknown[] {
  const value = attributes?.[name] ?? [];
  return Array.isArray(value) ? value : [value];
}

/** Every text within a value. */
export function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

export function isAttributes(value: unknown): value is Attributes {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
