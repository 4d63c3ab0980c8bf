type Step = () => void | Promise<void>;

/** What has to be undone, in reverse order of how it was done. */
export class Cleanup {
  readonly #steps: Step[] = [];

  defer(step: Step): void {
    this.#steps.push(step);
  }

  /** Runs every step once, also after one of them has failed; throws the first failure at the end. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
