/**
 * Names under which credentials are kept, however they are spelt: `authorization`, `set-cookie`, `x-goog-api-key`,
 * `client_secret`, `refreshToken`. Numbers of tokens (`tokenCount`, `tokens`) end otherwise, and a token that only marks a
 * place in a list or a way to cancel opens nothing.
 */
const SECRET =
  /(?:authorization|cookies?|passw(?:or)?d|passphrase|secrets?|credentials?|api[-_]?key|(?:private|access|signing|encryption)[-_]?key|jwt|x-goog-signature|(?<!(?:page|continuation|cancel(?:l)?ation|sync|resume)[-_]?)token)$/i;

/** As many names as programs log, of a length that names have; others are looked at each time. */
const MAX_KNOWN = 1_000;
const MAX_KNOWN_LENGTH = 64;

/** How much of a name is looked at, from its end. */
const MAX_LENGTH = 256;

const known = new Map<string, boolean>();

/** Whether what is logged under a name is nobody's business. */
export function isSecretKey(key: string): boolean {
  const verdict = known.get(key);
  if (verdict !== undefined) return verdict;
  const isSecret = SECRET.test(key.slice(-MAX_LENGTH));
  if (known.size < MAX_KNOWN && key.length <= MAX_KNOWN_LENGTH) known.set(key, isSecret);
  return isSecret;
}
