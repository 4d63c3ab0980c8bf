import { fieldReader } from './log-fields';
import { regularExpression, textOfField } from './log-filter';
import { LogFilterError } from './log-filter-error';
import type { LogEntry } from './log-store';

/** Takes a text out of an entry; undefined where there is none. */
export type Extractor = (entry: LogEntry) => string | undefined;

const EXTRACT = /^\s*EXTRACT\s*\(\s*([\w.]+)\s*\)\s*$/;
const REGEXP_EXTRACT = /^\s*REGEXP_EXTRACT\s*\(\s*([\w.]+)\s*,\s*"((?:[^"\\]|\\.)*)"\s*\)\s*$/;

/**
 * `EXTRACT(field)` or `REGEXP_EXTRACT(field, "regex")`, of which the first group counts
 * (cloud.google.com/logging/docs/reference/v2/rest/v2/projects.metrics). Throws what parseLogFilter throws.
 */
export function parseExtractor(text: string): Extractor {
  const [, plain] = EXTRACT.exec(text) ?? [];
  const [, field = plain, pattern] = REGEXP_EXTRACT.exec(text) ?? [];
  if (field === undefined) throw new LogFilterError(`the extractor '${text}' is not evaluated`);
  const read = fieldReader(field);
  const expression = pattern === undefined ? undefined : regularExpression(pattern.replaceAll('\\"', '"'));
  return (entry) => {
    const value = read(entry);
    if (value === undefined || value === null) return undefined;
    const found = textOfField(value);
    return expression ? expression.exec(found)?.[1] : found;
  };
}
