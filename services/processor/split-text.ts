/**
 * Pieces of `text` of at most `maxLength` UTF-16 units, which joined give the text again. A cut is made after a line or
 * a space in the second half of a piece; where there is none, inside a word, but not inside a character.
 */
export function splitText(text: string, maxLength: number): string[] {
  const pieces: string[] = [];
  let from = 0;
  while (text.length - from > maxLength) {
    const to = from + lengthOfPiece(text.slice(from, from + maxLength));
    pieces.push(text.slice(from, to));
    from = to;
  }
  pieces.push(text.slice(from));
  return pieces;
}

function lengthOfPiece(text: string): number {
  for (const separator of ['\n', ' ']) {
    const at = text.lastIndexOf(separator);
    if (at >= text.length / 2) return at + 1;
  }
  const endsInsidePair = /[\uD800-\uDBFF]$/.test(text) && text.length > 1;
  return endsInsidePair ? text.length - 1 : text.length;
}
