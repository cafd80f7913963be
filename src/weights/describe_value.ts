/**
 * A value from an untrusted file for one line of an error message: strings are quoted, escaped and truncated. Never
 * calls into the value, and looks only at its surface.
 */
export function describeValue(value: unknown): string {
  if (typeof value === "string") {
    const cut = value.length > 100 ? `${value.slice(0, 100)}…` : value;
    return escapeControls(JSON.stringify(cut));
  }
  if (value === null) return "None";
  if (value === undefined) return "nothing";
  if (typeof value === "number" || typeof value === "boolean") {
    return String(value);
  }
  if (typeof value === "bigint") {
    const bits = BigInt.asIntN(64, value);
    return bits === value ? String(value) : "an integer of more than 64 bits";
  }
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `a sequence of ${value.length}`;
  if (value instanceof Map) return `a dictionary of ${value.size}`;
  const label = (value as { label?: unknown }).label;
  return typeof label === "string" ? label : typeof value;
}

/** Escapes what JSON leaves as it is, and a terminal or a log would act on. */
export function escapeControls(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex -- these are what must not reach a terminal
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g,
    (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
