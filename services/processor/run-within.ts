import { createContext, runInContext, type Context } from 'node:vm';

/** What node:vm reports when it has stopped a script. */
const TIMED_OUT = 'ERR_SCRIPT_EXECUTION_TIMEOUT';

/** Made when it is first needed, because that takes a millisecond of the start. */
let context: Context | undefined;

/**
 * What `work` returns; undefined when it has not returned after `limitMs`. It is stopped in the middle then, so it must
 * be synchronous and keep nothing that a later call relies on. Only a script can be stopped, so one calls it.
 */
export function runWithin<T extends object>(limitMs: number, work: () => T): T | undefined {
  let result: T | undefined;
  context ??= createContext({});
  context['work'] = () => {
    result = work();
  };
  try {
    runInContext('work()', context, { timeout: limitMs });
  } catch (error) {
    if (!(typeof error === 'object' && error !== null && 'code' in error && error.code === TIMED_OUT))
      throw error;
  } finally {
    delete context['work'];
  }
  return result;
}
