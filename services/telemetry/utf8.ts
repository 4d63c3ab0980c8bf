const encoder = new TextEncoder();

/**
 * The longest beginning of `text` that takes at most `maxBytes` bytes in UTF-8, cut between code points. A lone surrogate,
 * which UTF-8 cannot say, becomes U+FFFD.
 */
export function limitUtf8(text: string, maxBytes: number): string {
  // A UTF-16 unit takes three bytes at most.
  if (text.length * 3 <= maxBytes) return text.toWellFormed();
  const { read } = encoder.encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read).toWellFormed();
}
