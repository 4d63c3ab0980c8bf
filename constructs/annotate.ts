import { AnnotationMetadataEntryType } from 'cdktf';
import type { IConstruct } from 'constructs';

const TYPES = { info: AnnotationMetadataEntryType.INFO, warning: AnnotationMetadataEntryType.WARN };

/**
 * Says something about a construct at every synth, once however often it is said. Without the stack trace that cdktf's
 * own annotations write into the manifest: its paths are those of one machine, and the same stack is the same bytes.
 */
export function annotate({ node }: IConstruct, level: keyof typeof TYPES, message: string): void {
  const isTold = node.metadata.some(({ data }) => data === message);
  if (!isTold) node.addMetadata(TYPES[level], message);
}
