/** Throws where an option of a layer is no integer, or less than `least`. */
export function checkIntegers(
  layer: string,
  options: Readonly<Record<string, number>>,
  { least }: { readonly least: 0 | 1 },
): void {
  const rule = least === 1 ? "a positive integer" : "an integer from 0";
  for (const [option, value] of Object.entries(options)) {
    if (!Number.isInteger(value) || value < least) {
      throw new RangeError(
        `Cannot build ${layer} as ${option} must be ${rule}: received ${value}`,
      );
    }
  }
}
