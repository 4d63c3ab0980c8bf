/** Text that is safe and measurable on a terminal: names and messages come from anybody who can send a request. */

/** Control characters (ESC among them), invisible ones such as those that turn the direction of writing, line breaks. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** Code points that take two columns (Unicode, "East Asian Width" W and F, and emoji). */
const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u;

/** Marks that sit on the character before them. */
const COMBINING = /\p{Mark}/u;

const ELLIPSIS = '…';

/** One line without control characters. */
export function oneLine(text: string): string {
  return text.replace(CONTROL, ' ').trim();
}

/** How many columns the text takes. */
export function columnsOfText(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnsOfCharacter(character);
  return columns;
}

/** The text within `columns`, ending in an ellipsis where something was cut. */
export function truncate(text: string, columns: number): string {
  if (columnsOfText(text) <= columns) return text;
  let kept = '';
  let left = columns - ELLIPSIS.length;
  for (const character of text) {
    left -= columnsOfCharacter(character);
    if (left < 0) break;
    kept += character;
  }
  return columns < ELLIPSIS.length ? '' : kept.trimEnd() + ELLIPSIS;
}

/** The text in exactly `columns`: cut, or filled with blanks on the right. */
export function fit(text: string, columns: number): string {
  const cut = truncate(text, columns);
  return cut + ' '.repeat(columns - columnsOfText(cut));
}

/** Wraps in an SGR sequence (ECMA-48), or leaves the text alone where colours are off. */
export function paint(text: string, sgr: number, colour: boolean): string {
  return colour && text !== '' ? `\u001B[${sgr}m${text}\u001B[0m` : text;
}

/** SGR parameters in use. */
export const SGR = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
} as const;

function columnsOfCharacter(character: string): number {
  if (COMBINING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
