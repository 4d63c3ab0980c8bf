import { UserError } from '../user-error';

/** The value of `--limit` or of another option that counts. Throws UserError when it is no whole number from 1. */
export function parseLimit(text: string, option = '--limit'): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new UserError(`${option} is '${text}', allowed is a whole number from 1`);
  return Number(text);
}
