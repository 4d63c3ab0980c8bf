/**
 * Runs synchronous `work` without the process warning of one code; every other warning is passed on. Google's packages
 * announce their deprecation on each construction, and Cloud Run would store that as an error line per instance.
 */
export function withoutWarning<T>(code: string, work: () => T): T {
  // oxlint-disable-next-line typescript/unbound-method -- applied to the process below and put back as it was
  const { emitWarning } = process;
  process.emitWarning = (...args: unknown[]): void => {
    if (args[2] !== code) Reflect.apply(emitWarning, process, args);
  };
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
}
