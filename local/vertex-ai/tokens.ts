/**
 * "For Gemini models, a token is equivalent to about 4 characters" (ai.google.dev/gemini-api/docs/tokens). Without the
 * model's vocabulary that is all there is to count by.
 */
const CHARACTERS_PER_TOKEN = 4;

/** About how many tokens a text is; part of a token counts as one. */
export function countTokens(text: string): number {
  return Math.ceil(Array.from(text).length / CHARACTERS_PER_TOKEN);
}

/** A text in pieces of that many tokens each, the last one maybe shorter. An empty text is one empty piece. */
export function splitTokens(text: string, tokens: number): string[] {
  const characters = Array.from(text);
  const pieces: string[] = [];
  const length = tokens * CHARACTERS_PER_TOKEN;
  for (let at = 0; at < characters.length; at += length) {
    pieces.push(characters.slice(at, at + length).join(''));
  }
  return pieces.length > 0 ? pieces : [''];
}
