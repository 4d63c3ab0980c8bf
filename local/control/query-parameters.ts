import { HttpError } from './http-error';

/** The `limit` of a list. Throws HttpError 400. */
export function limitOf(parameters: URLSearchParams): { limit?: number } {
  return wholeNumber(parameters, 'limit', 1);
}

/** A parameter of that name as a whole number from `least`; an empty object where it is absent. Throws HttpError 400. */
export function wholeNumber<Name extends string>(
  parameters: URLSearchParams,
  name: Name,
  least: 0 | 1,
): { [Key in Name]?: number } {
  const text = parameters.get(name);
  if (text === null) return {};
  if (!/^\d{1,9}$/.test(text) || Number(text) < least)
    throw new HttpError(400, `${name} is '${text}', allowed is a whole number from ${least}`);
  const found: { [Key in Name]?: number } = {};
  found[name] = Number(text);
  return found;
}

/** The parameters of these names that are given and not empty. */
export function texts<Name extends string>(
  parameters: URLSearchParams,
  names: readonly Name[],
): { [Key in Name]?: string } {
  const found: { [Key in Name]?: string } = {};
  for (const name of names) {
    const text = parameters.get(name);
    if (text !== null && text !== '') found[name] = text;
  }
  return found;
}
