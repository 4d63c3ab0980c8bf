import { Token } from 'cdktf';
import { ValidationError } from './validation';

/** Of all Google Cloud labels (Resource Manager, "Requirements for labels"). */
const LABEL_KEY = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u;
const LABEL_VALUE = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u;
const MAX_LABELS = 64;

/** Throws TCR028 for labels that Google would refuse. Values that are tokens pass. */
export function checkLabels(path: string, labels: Readonly<Record<string, string>>): void {
  const entries = Object.entries(labels);
  if (entries.length > MAX_LABELS) {
    throw new ValidationError(
      'TCR028',
      path,
      `'labels' may have ${MAX_LABELS} entries, got ${entries.length}`,
    );
  }
  for (const [key, value] of entries) {
    if (LABEL_KEY.test(key) && (Token.isUnresolved(value) || LABEL_VALUE.test(value))) continue;
    throw new ValidationError(
      'TCR028',
      path,
      "a label must be lower-case letters, digits, '_' and '-', at most 63, and its key starts with a letter, " +
        `got '${key}' = '${value}'`,
    );
  }
}
