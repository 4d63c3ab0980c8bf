import { traceMatchers } from './trace-matchers';

// Adds the matchers to the `expect` of jest where that is a global; whoever imports it from elsewhere extends that one.
const found: unknown = Reflect.get(globalThis, 'expect');
if (typeof found === 'function' && 'extend' in found && typeof found.extend === 'function') {
  found.extend(traceMatchers);
}
