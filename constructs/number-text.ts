import { Token } from 'cdktf';

/** A number within text, which may be a token. */
export function numberText(value: number): string {
  return Token.isUnresolved(value) ? Token.asString(value) : String(value);
}
