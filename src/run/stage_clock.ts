/** Adds up how long stages take. */
export class StageClock {
  readonly #milliseconds = new Map<string, number>();

  /** Milliseconds of a stage so far. */
  get(stage: string): number {
    return this.#milliseconds.get(stage) ?? 0;
  }

  /** Passes items on, and counts the time that is spent waiting for them. */
  async *waiting<T>(
    stage: string,
    items: AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    let start = performance.now();
    for await (const item of items) {
      this.#add(stage, start);
      yield item;
      start = performance.now();
    }
    this.#add(stage, start);
  }

  #add(stage: string, start: number): void {
    this.#milliseconds.set(stage, this.get(stage) + performance.now() - start);
  }
}
