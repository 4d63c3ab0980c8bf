/** Something to wait for, and the means to let it happen. */
export class Gate {
  #resolve: (() => void) | undefined;
  readonly opened = new Promise<void>((resolve) => {
    this.#resolve = resolve;
  });

  readonly open = (): void => this.#resolve?.();
}
