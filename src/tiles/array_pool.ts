/** Arrays of about one length for reuse, so that memory does not wait for the garbage collector. */
export class ArrayPool {
  readonly #free: Uint8Array[] = [];

  /** An array of this many bytes, with any content. */
  take(length: number): Uint8Array {
    for (let array = this.#free.pop(); array; array = this.#free.pop()) {
      if (array.length === length) return array;
    }
    return new Uint8Array(length);
  }

  /** Takes an array back; the caller must not use it again. */
  give(array: Uint8Array): void {
    this.#free.push(array);
  }
}
