/** A method as a function: `self` is its `this`. */
type Method = (self: unknown, args: unknown[]) => unknown;

/**
 * Puts another method in place of one that an object has or inherits.
 *
 * @param make is given the original.
 * @returns a function that puts the original back, unless somebody else has replaced it since.
 */
export function replaceMethod(holder: object, name: string, make: (original: Method) => Method): () => void {
  const own = Object.getOwnPropertyDescriptor(holder, name);
  const original: unknown = Reflect.get(holder, name);
  if (typeof original !== 'function') throw new TypeError(`there is no method ${name}`);
  const method = make((self, args) => Reflect.apply(original, self, args));
  const replacement = function (this: unknown, ...args: unknown[]): unknown {
    return method(this, args);
  };
  Reflect.set(holder, name, replacement);
  return () => {
    if (Reflect.get(holder, name) !== replacement) return;
    if (own) Object.defineProperty(holder, name, own);
    else Reflect.deleteProperty(holder, name);
  };
}
