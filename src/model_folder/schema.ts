/** The part of JSON Schema that describes `model.json`; {@linkcode findFaults} knows all of it. */
export interface Schema {
  readonly type: "object" | "array" | "string" | "number" | "integer";
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** Whether other members are allowed. Default: true, as in JSON Schema. */
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
}

/**
 * What is wrong with a value, a line for each thing; none if it fits.
 *
 * @param place Where the value is, as `input.tile`.
 */
export function findFaults(
  value: unknown,
  schema: Schema,
  place: string,
): string[] {
  const { type } = schema;
  if (!isOfType(value, type)) {
    const article = /^[aio]/.test(type) ? "an" : "a";
    const name = type === "integer" ? "whole number" : type;
    return [
      `${place} must be ${
        name === "whole number" ? "a" : article
      } ${name}, received ${shown(value)}`,
    ];
  }
  if (Array.isArray(value)) return faultsOfArray(value, schema, place);
  if (typeof value === "object") {
    return faultsOfObject(value as Record<string, unknown>, schema, place);
  }
  const rule = typeof value === "string"
    ? ruleOfText(value, schema)
    : ruleOfNumber(value as number, schema);
  return rule === undefined
    ? []
    : [`${place} must ${rule}, received ${shown(value)}`];
}

function isOfType(value: unknown, type: Schema["type"]): boolean {
  switch (type) {
    case "object":
      return typeof value === "object" && value !== null &&
        !Array.isArray(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isSafeInteger(value);
    case "number":
      return Number.isFinite(value);
    case "string":
      return typeof value === "string";
  }
}

function faultsOfObject(
  value: Readonly<Record<string, unknown>>,
  { properties = {}, required = [], additionalProperties = true }: Schema,
  place: string,
): string[] {
  const inside = (key: string) => place === "" ? key : `${place}.${key}`;
  const missing = required.filter((key) => !Object.hasOwn(value, key))
    .map((key) => `${inside(key)} is missing`);
  const unknown = additionalProperties ? [] : Object.keys(value)
    .filter((key) => !Object.hasOwn(properties, key))
    .map((key) => `${inside(key.slice(0, 40))} is not a field that is known`);
  const wrong = Object.entries(properties).flatMap(([key, schema]) =>
    Object.hasOwn(value, key) ? findFaults(value[key], schema, inside(key)) : []
  );
  return [...missing, ...unknown, ...wrong];
}

function faultsOfArray(
  value: readonly unknown[],
  { items, minItems = 0, maxItems = Infinity }: Schema,
  place: string,
): string[] {
  if (value.length < minItems || value.length > maxItems) {
    const count = minItems === maxItems
      ? `${minItems}`
      : `${minItems} to ${maxItems}`;
    return [`${place} must have ${count} items, received ${value.length}`];
  }
  return items === undefined
    ? []
    : value.flatMap((one, i) => findFaults(one, items, `${place}[${i}]`));
}

function ruleOfText(value: string, schema: Schema): string | undefined {
  const { enum: words, pattern, maxLength = Infinity, description } = schema;
  if (words && !words.includes(value)) {
    return `be ${words.map((word) => `"${word}"`).join(" or ")}`;
  }
  if (value.length > maxLength) return `have at most ${maxLength} characters`;
  if (pattern !== undefined && !new RegExp(pattern, "u").test(value)) {
    return `be ${description ?? `like ${pattern}`}`;
  }
  return undefined;
}

function ruleOfNumber(value: number, schema: Schema): string | undefined {
  const { minimum, exclusiveMinimum, maximum } = schema;
  if (
    (minimum === undefined || value >= minimum) &&
    (exclusiveMinimum === undefined || value > exclusiveMinimum) &&
    (maximum === undefined || value <= maximum)
  ) return undefined;
  return "be" + (minimum === undefined ? "" : ` from ${minimum}`) +
    (exclusiveMinimum === undefined ? "" : ` above ${exclusiveMinimum}`) +
    (maximum === undefined ? "" : ` to ${maximum}`);
}

/** Never what is inside of it, which may be nested without end. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
