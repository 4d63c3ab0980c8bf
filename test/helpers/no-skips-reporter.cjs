/** Fails the run when a test did not run, and closes with one line a machine can read. */
class NoSkipsReporter {
  onRunComplete(_contexts, results) {
    const skipped = results.numPendingTests + results.numTodoTests;
    this.failure = skipped > 0 ? new Error(`${skipped} test(s) did not run; none may be skipped`) : undefined;
    process.stderr.write(
      `${results.numPassedTests} passed, ${results.numFailedTests} failed, ${skipped} skipped\n`,
    );
  }

  getLastError() {
    return this.failure;
  }
}

module.exports = NoSkipsReporter;
