import type { Normalization } from "../kernels/tile/load_tile.ts";

/** Keys of a safetensors file's metadata, as Hugging Face's image processors call them. */
const MEAN = "image_mean";
const STD = "image_std";

/** Means and deviations of three channels, of 0 to 1; `undefined` where that is not what they are. */
export function toNormalization(
  mean: unknown,
  std: unknown,
): Normalization | undefined {
  const fits =
    [mean, std].every((values) =>
      Array.isArray(values) && values.length === 3 &&
      values.every((value) =>
        typeof value === "number" && value >= 0 && value <= 1
      )
    ) && !(std as number[]).includes(0);
  return fits ? { mean, std } as Normalization : undefined;
}

/** How a network's input is scaled, as its checkpoint's metadata say it. */
export function writeNormalization(
  { mean, std }: Normalization,
): Record<string, string> {
  return { [MEAN]: JSON.stringify(mean), [STD]: JSON.stringify(std) };
}

/**
 * Reads what {@linkcode writeNormalization} wrote; `undefined` where the metadata say nothing of it.
 *
 * @throws {SyntaxError} where they say what makes no sense.
 */
export function readNormalization(
  metadata: Readonly<Record<string, string>>,
  { name = "" }: { readonly name?: string } = {},
): Normalization | undefined {
  const texts = [metadata[MEAN], metadata[STD]];
  if (texts.every((text) => text === undefined)) return undefined;
  const [mean, std] = texts.map(parse);
  const normalization = toNormalization(mean, std);
  if (normalization) return normalization;
  throw new SyntaxError(
    `Cannot read checkpoint${
      name && ` ${name}`
    } as ${MEAN} and ${STD} of its metadata must be three numbers of 0 to 1 each, ${STD} above 0: received ${
      texts[0]
    } and ${texts[1]}`,
  );
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return undefined;
  }
}
