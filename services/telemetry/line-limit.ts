import { limitUtf8 } from './utf8';

/**
 * Longest line, in bytes. Cloud Logging takes 256 KB per entry (Cloud Logging, "Quotas and limits"), of which a part is what
 * it adds itself: the resource, labels, the name of the log.
 */
const MAX_BYTES = 196_608;

/** What stands behind a field that was cut. */
const MARK = '[cut]';

/** The line, or where Cloud Logging would not take it, one whose longest fields are cut until it does. */
export function withinLimit(line: string): string {
  // A UTF-16 unit takes three bytes at most.
  if (line.length * 3 <= MAX_BYTES) return line;
  let excess = Buffer.byteLength(line) - MAX_BYTES;
  if (excess <= 0) return line;
  const record: Record<string, unknown> = JSON.parse(line);
  const longestFirst = Object.keys(record).toSorted((a, b) => sizeOf(record[b]) - sizeOf(record[a]));
  for (const key of longestFirst) {
    // A second time where what was no text before has escapes now.
    while (excess > 0 && record[key] !== MARK) {
      record[key] = cut(record[key], excess);
      excess = sizeOf(record) + 1 - MAX_BYTES;
    }
  }
  return `${JSON.stringify(record)}\n`;
}

function cut(value: unknown, excess: number): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const bytes = Buffer.byteLength(text) - excess - MARK.length;
  return `${limitUtf8(text, Math.max(0, bytes))}${MARK}`;
}

/** Bytes of a value in a line. */
function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
