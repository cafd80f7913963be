import type { Labels } from "../labels/open_labels.ts";

/** A line to warn with where no label that was read is of the class asked for; `undefined` where all is well. */
export function missingClass(
  { classes }: Labels,
  classification: string | undefined,
): string | undefined {
  if (classification === undefined || classes.has(classification)) return;
  const there = classes.size > 0
    ? [...classes].sort().join(", ")
    : "none; only GeoJSON has classes";
  return `no label is of --class ${classification}: there are ${there}`;
}
