import { runInThisContext } from 'node:vm';

/** Where Google's SDK of Gemini looks for the dispatcher of `fetch`: in Node's global object, which is not the one of Jest's tests. */
const DISPATCHER = Symbol.for('undici.globalDispatcher.1');
Object.defineProperty(globalThis, DISPATCHER, {
  configurable: true,
  get: (): unknown => Reflect.get(runInThisContext('globalThis'), DISPATCHER),
  set: (value: unknown) => {
    Reflect.set(runInThisContext('globalThis'), DISPATCHER, value);
  },
});
