import { Dice } from "./dice.ts";
import { damageBytes, splice } from "./mutate/bytes.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

/** Changes an input in a way that fits its format. */
export type Mutate = (input: Bytes, dice: Dice) => Bytes;

/** A reader of files or answers, and what it is fed. */
export interface Reader {
  readonly name: string;
  /** Sound inputs, small ones. Files that it takes to make them go into `folder`, for the moment. */
  readonly corpus: (folder: string) => Bytes[] | Promise<Bytes[]>;
  /** Hostile inputs, read as they are before all others. Default: none. */
  readonly attacks?: () => Bytes[] | Promise<Bytes[]>;
  /** Mutations that know the format. Default: none, bytes are damaged blindly. */
  readonly mutate?: readonly Mutate[];
  /** The ending of the file to write, if the reader takes a path. Default: it takes bytes. */
  readonly file?: string;
  /** Reads an input; throws whatever the reader throws. */
  readonly read: (input: Bytes, path: string) => unknown;
}

/** Corpus and attacks of a reader, loaded once. */
export interface Material {
  readonly reader: Reader;
  readonly corpus: readonly Bytes[];
  readonly attacks: readonly Bytes[];
}

export async function loadMaterial(
  reader: Reader,
  folder: string,
): Promise<Material> {
  const corpus = await reader.corpus(folder);
  return { reader, corpus, attacks: await reader.attacks?.() ?? [] };
}

/** Inputs are larger than this only if they are attacks or in the corpus. */
const MOST = 1 << 20;

/** The input of a number, the same for the same seed: the attacks, then the corpus as it is, then mutations of it. */
export function inputOf(
  { reader, corpus, attacks }: Material,
  { seed, index }: { readonly seed: number; readonly index: number },
): Bytes {
  const dice = new Dice(`${reader.name} ${seed} ${index}`);
  if (index < attacks.length) return attacks[index];
  const whole = corpus[index - attacks.length];
  if (whole) return whole;
  const { mutate = [] } = reader;
  let input = dice.pick(corpus);
  const original = input;
  for (let times = 1 + dice.roll(3) + dice.roll(2); times > 0; times--) {
    if (mutate.length > 0 && !dice.once(3)) {
      input = dice.pick(mutate)(input, dice);
    } else if (dice.once(10)) input = splice(input, dice.pick(corpus), dice);
    else input = damageBytes(input, dice);
    if (input.length > MOST) input = input.slice(0, MOST);
  }
  return input === original ? damageBytes(input, dice) : input;
}
