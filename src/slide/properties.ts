import { MAX_PROPERTIES, MAX_PROPERTY_LENGTH } from "../io/limits.ts";

/** What a file says about its slide, by name. */
export type Properties = Readonly<Record<string, string>>;

/**
 * Properties under a vendor's prefix: `aperio.AppMag`. What has no name or no value is left out; of one name, the first
 * counts.
 */
export function propertiesOf(
  vendor: string,
  entries: Iterable<readonly [name: string, value: string | undefined]>,
): Properties {
  const properties = new Map<string, string>();
  for (const [name, value] of entries) {
    const key = `${vendor}.${name.trim()}`;
    const text = value?.trim();
    if (name.trim() && text && !properties.has(key)) properties.set(key, text);
  }
  return Object.fromEntries(properties);
}

/** Properties within limits, since files may hold anything, and a warning if some are left out. */
export function limitProperties(
  properties: Properties,
): { properties: Properties; warnings: string[] } {
  const all = Object.entries(properties);
  const kept = all.slice(0, MAX_PROPERTIES).map(([name, value]) =>
    [cut(name), cut(value)] as const
  );
  return {
    properties: Object.fromEntries(kept),
    warnings: all.length > kept.length
      ? [
        `it has ${all.length} properties: those after the first ${MAX_PROPERTIES} are left out`,
      ]
      : [],
  };
}

function cut(text: string): string {
  return text.length > MAX_PROPERTY_LENGTH
    ? `${text.slice(0, MAX_PROPERTY_LENGTH - 1)}…`
    : text;
}
