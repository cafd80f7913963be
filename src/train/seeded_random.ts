/**
 * A stream of chance that follows from its keys alone: where a run goes on in the middle, every key gives again what it
 * gave before, so no position has to be kept.
 *
 * Source: SFC32 of PractRand (Chris Doty-Humphrey), seeded by FNV-1a.
 */
export class SeededRandom {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** Starts the stream of these keys. */
  constructor(...keys: readonly (number | string)[]) {
    const text = keys.join("/");
    this.#a = hash(text, 0x811c9dc5);
    this.#b = hash(text, 0x9e3779b9);
    this.#c = keys.length;
    for (let i = 0; i < 12; i++) this.bits(); // so that near keys part
  }

  /** 32 random bits as an integer. */
  bits(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21 | this.#c >>> 11) + sum) | 0;
    return sum >>> 0;
  }

  /** Evenly in 0..1, 1 excluded. */
  uniform(): number {
    return this.bits() / 2 ** 32;
  }

  /** Normally around 0, with a standard deviation of 1 (Box, Muller 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }
}

/** FNV-1a over the characters, from a basis. */
function hash(text: string, basis: number): number {
  let value = basis;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  return value;
}
