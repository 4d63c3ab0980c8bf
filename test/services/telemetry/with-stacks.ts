/** Does `work` while `shape` is what every stack is, as programs do that set `Error.prepareStackTrace`. */
export function withStacks<T>(shape: unknown, work: () => T): T {
  const before: unknown = Reflect.get(Error, 'prepareStackTrace');
  Reflect.set(Error, 'prepareStackTrace', () => shape);
  try {
    return work();
  } finally {
    Reflect.set(Error, 'prepareStackTrace', before);
  }
}
