import { cannot } from "../../errors/cannot.ts";

/** Throws if an option of a layer is not an integer, or less than `least`. */
export function checkIntegers(
  layer: string,
  options: Readonly<Record<string, number>>,
  { least }: { readonly least: 0 | 1 },
): void {
  const rule = least === 1 ? "a positive integer" : "a non-negative integer";
  for (const [option, value] of Object.entries(options)) {
    if (!Number.isInteger(value) || value < least) {
      throw cannot(`build ${layer}`, `${option} must be ${rule}`, {
        received: value,
        kind: RangeError,
      });
    }
  }
}
