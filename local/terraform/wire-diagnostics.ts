import type { Path } from './block-values';
import type { Diagnostic } from './resource-type';
import type { BlockSchema } from './schema/schema';

/** `AttributePath` of tfplugin6.proto. */
export interface AttributePathMessage {
  readonly steps: readonly (
    | { readonly attribute_name: string }
    | { readonly element_key_string: string }
    | { readonly element_key_int: number }
  )[];
}

/** `Diagnostic` of tfplugin6.proto. */
export interface DiagnosticMessage {
  readonly severity: 'ERROR' | 'WARNING';
  readonly summary: string;
  readonly detail: string;
  readonly attribute?: AttributePathMessage;
}

export function diagnosticMessages(
  diagnostics: readonly Diagnostic[],
  schema: BlockSchema,
): DiagnosticMessage[] {
  return diagnostics.map(({ severity, summary, detail = '', path }) => ({
    severity: severity === 'error' ? 'ERROR' : 'WARNING',
    summary,
    detail,
    ...(path && { attribute: attributePath(path, schema) }),
  }));
}

/** Ends at the first set on the way: its elements have no place that a path could name. */
export function attributePath(path: Path, schema: BlockSchema): AttributePathMessage {
  const steps: AttributePathMessage['steps'][number][] = [];
  let block: BlockSchema | undefined = schema;
  for (const key of path) {
    if (typeof key === 'number') {
      steps.push({ element_key_int: key });
    } else if (block) {
      steps.push({ attribute_name: key });
      const nested: BlockSchema['blocks'][string] | undefined = block.blocks[key];
      const type = block.attributes[key]?.type;
      if (nested?.nesting === 'set' || (Array.isArray(type) && type[0] === 'set')) break;
      block = nested?.block;
    } else {
      steps.push({ element_key_string: key });
    }
  }
  return { steps };
}
