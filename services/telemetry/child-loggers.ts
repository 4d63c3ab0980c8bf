import type { Logger } from 'pino';
import { copyFields } from './log-record';
import { replaceMethod } from './replace-method';

/** What stands in the lines of a child whose serializers cannot write its bindings. */
const UNREADABLE = { bindings: '[Unreadable]' };

/**
 * Has the bindings of a logger's children, and of theirs, copied as logged fields are, once for all their lines: pino
 * writes them as they come, a forged severity included, and throws at what JSON cannot say.
 */
export function copyBindings(log: Logger): void {
  replaceMethod(log, 'child', (child) => (self, [bindings, options]) => {
    const { fields } = copyFields(bindings);
    try {
      return child(self, [fields, options]);
    } catch {
      return child(self, [UNREADABLE, options]);
    }
  });
  replaceMethod(
    log,
    'setBindings',
    (setBindings) =>
      (self, [bindings]) =>
        setBindings(self, [copyFields(bindings).fields]),
  );
}
