/** Something to wait for, and the means to let it happen. */
export class Gate {
  #resolve: (() => void) | undefined;
  readonly opened = new Promise<void>((resolve) => {
    this.#resolve = resolve;
  });

  readonly open = (): void => this.#resolve?.();
}

/** Where `size` wait for each other. */
export class Barrier {
  readonly #gate = new Gate();
  #missing: number;

  constructor(size: number) {
    this.#missing = size;
  }

  async reached(): Promise<void> {
    this.#missing -= 1;
    if (this.#missing <= 0) this.#gate.open();
    await this.#gate.opened;
  }
}
