/** What may be told, in spans and in the log, of errors whose own messages quote what people or models have said. */
const told = new WeakMap<Error, string>();

/** Has `message` told of `error` instead of its own, which the error keeps. */
export function tellInstead(error: Error, message: string): void {
  told.set(error, message);
}

/** The message of an error as it may be told. */
export function messageOf(error: Error): string {
  return told.get(error) ?? withoutUrlSecrets(textOf(() => error.message));
}

/** The stack of an error as it may be told; its message is in front of it. */
export function stackOf(error: Error): string {
  const own = textOf(() => error.message);
  const stack = textOf(() => error.stack ?? `${error.name}: ${own}`);
  const message = told.get(error);
  return withoutUrlSecrets(message === undefined || own === '' ? stack : stack.split(own).join(message));
}

/** Errors are whatever was thrown: a property may be no text, which is none, or a getter that throws. */
function textOf(read: () => unknown): string {
  try {
    const text = read();
    return typeof text === 'string' ? text : '';
  } catch {
    return '[Unreadable]';
  }
}

/**
 * Text in which URLs have neither credentials nor values of a query: any may be a key, a signature or personal data, and
 * clients put the whole URL into the message of an error.
 */
export function withoutUrlSecrets(text: string): string {
  if (!text.includes('?') && !text.includes('://')) return text;
  return text
    .replaceAll(/:\/\/[^\s/?#]*@/g, '://REDACTED@')
    .replaceAll(/\?([^\s'"<>#?]*=[^\s'"<>]*)/g, (_match, query: string) => `?${namesOnly(query)}`);
}

function namesOnly(query: string): string {
  const names = query.split('&').map((parameter) => parameter.split('=', 1)[0]);
  return names.map((name) => `${name}=REDACTED`).join('&');
}
