import { UserError } from '../user-error';

/** The value of `--limit`. Throws UserError when it is no whole number from 1. */
export function parseLimit(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new UserError(`--limit is '${text}', allowed is a whole number from 1`);
  return Number(text);
}
