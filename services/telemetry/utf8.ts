const encoder = new TextEncoder();

/**
 * The longest beginning of `text` that takes at most `maxBytes` bytes in UTF-8, cut between code points. A lone surrogate,
 * which UTF-8 cannot say, becomes U+FFFD.
 */
export function limitUtf8(text: string, maxBytes: number): string {
  // A UTF-16 unit takes three bytes at most.
  if (text.length * 3 <= maxBytes) return wellFormed(text);
  const { read } = encoder.encodeInto(text, new Uint8Array(maxBytes));
  return wellFormed(text.slice(0, read));
}

/** ES2024's `toWellFormed`; with the `u` flag the expression matches surrogates that are not half of a pair. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}
