/** Arrays of about one length that are used again, so that memory need not wait for the garbage collector. */
export class ArrayPool {
  readonly #free: Uint8Array[] = [];

  /** An array of so many bytes, of any content. */
  take(length: number): Uint8Array {
    for (let array = this.#free.pop(); array; array = this.#free.pop()) {
      if (array.length === length) return array;
    }
    return new Uint8Array(length);
  }

  /** Takes an array back; nobody else may use it any more. */
  give(array: Uint8Array): void {
    this.#free.push(array);
  }
}
