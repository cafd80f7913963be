const digits = (roundingMode: "halfExpand" | "ceil") =>
  new Intl.NumberFormat("en", {
    maximumSignificantDigits: 3,
    useGrouping: false,
    roundingMode,
  });
const nearest = digits("halfExpand");
const enough = digits("ceil");

/** Bytes as people read them: three digits, in GiB, never less than the bytes with `ceil`. */
export function formatGib(bytes: number, rounding?: "ceil"): string {
  const format = rounding === "ceil" ? enough : nearest;
  return `${format.format(bytes / 2 ** 30)} GiB`;
}
