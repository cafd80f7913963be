import { evaluateInteger } from "./evaluate_integer.ts";

/** What an activation or weight buffer holds: 32-bit floats, or pairs of 16-bit floats. */
export type Precision = "f32" | "f16";

/** Values for a shader's constants, by name. */
export type Constants = Readonly<Record<string, number | boolean>>;

// Core WGSL reads and writes 16-bit storage without any feature; arithmetic stays in 32 bits.
const F16_STORAGE: Readonly<Record<string, string>> = {
  "alias Packed": "alias Packed = vec2u;",
  "fn unpack(":
    "fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }",
  "fn unpack_first(":
    "fn unpack_first(p: u32) -> f32 { return unpack2x16float(p).x; }",
  "fn pack(":
    "fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }",
  "alias Pair": "alias Pair = vec4u;",
  "fn pair(":
    "fn pair(left: Packed, right: Packed) -> Pair { return vec4u(left, right); }",
  "fn left(": "fn left(p: Pair) -> Packed { return p.xy; }",
  "fn right(": "fn right(p: Pair) -> Packed { return p.zw; }",
};

/**
 * Turns a readable shader into the specialised source that compilers do best with.
 *
 * - `override name: type…;` and `const name: type = …;` become constants with the given values.
 * - A line that ends in `// if name` stays only where that constant is true (`// if !name`: false).
 * - A `for` after a line `// unroll` is written out; its bounds must be constants.
 * - `var name: array<type, n>; // registers` becomes n variables, and `name[i]` one of them.
 * - With `f16`, the lines that define `Packed`, and what is read of it, are those of 16-bit storage.
 */
export function specialize(
  source: string,
  constants: Constants,
  precision: Precision = "f32",
): string {
  let text = keepLines(source, constants);
  if (precision === "f16") text = swapStorage(text);
  const scope = new Map<string, number>();
  text = bindConstants(text, constants, scope);
  return nameRegisters(unrollLoops(text, scope), scope);
}

function keepLines(source: string, constants: Constants): string {
  return source.split("\n").flatMap((line) => {
    const condition = / *\/\/ if (!?)(\w+)\s*$/.exec(line);
    if (!condition) return line;
    const [suffix, not, name] = condition;
    if (!(name in constants)) {
      throw new RangeError(
        `Cannot specialize shader as a condition has no value: received "${name}"`,
      );
    }
    const kept = Boolean(constants[name]) === (not === "");
    return kept ? line.slice(0, -suffix.length) : [];
  }).join("\n");
}

function swapStorage(text: string): string {
  return text.split("\n").map((line) => {
    const start = Object.keys(F16_STORAGE).find((key) => line.startsWith(key));
    return start ? F16_STORAGE[start] : line;
  }).join("\n");
}

function bindConstants(
  text: string,
  constants: Constants,
  scope: Map<string, number>,
): string {
  return text.replace(
    /^(?:override|const) (\w+): (\w+)(?: = ([^;]+))?;/gm,
    (_, name, type, initial) => {
      const value = constants[name];
      if (value === undefined) {
        if (initial === undefined) {
          throw new RangeError(
            `Cannot specialize shader as a constant has no value: received "${name}"`,
          );
        }
        const known = evaluateInteger(initial, scope);
        if (known !== undefined) scope.set(name, known);
        return `const ${name}: ${type} = ${initial};`;
      }
      if (typeof value === "number" && type !== "f32") scope.set(name, value);
      return `const ${name}: ${type} = ${literal(value, type)};`;
    },
  );
}

function literal(value: number | boolean, type: string): string {
  if (type === "bool") return value ? "true" : "false";
  const number = Number(value);
  if (type === "f32") {
    return Number.isInteger(number) ? `${number}.0f` : `${number}f`;
  }
  return type === "u32" ? `${number}u` : `${number}i`;
}

function unrollLoops(text: string, scope: ReadonlyMap<string, number>): string {
  // Outermost first: a copy of the body is unrolled in turn, with the outer counter known.
  const loop =
    /^[ \t]*\/\/ unroll\n[ \t]*for \(var (\w+) = ([^;]+); \1 < ([^;]+); \1\+\+\) \{/m;
  let match: RegExpExecArray | null;
  while ((match = loop.exec(text))) {
    const [head, name, first, last] = match;
    const start = evaluateInteger(first, scope);
    const end = evaluateInteger(last, scope);
    if (start === undefined || end === undefined) {
      throw new RangeError(
        `Cannot unroll loop as its bounds are not constant: received "${first}" to "${last}"`,
      );
    }
    const open = match.index + head.length;
    const close = closingBrace(text, open);
    const body = text.slice(open, close);
    const counter = new RegExp(`(?<!\\.)\\b${name}\\b`, "g"); // but not members of that name
    const copies: string[] = [];
    for (let i = start; i < end; i++) {
      copies.push(`{${body.replace(counter, `${i}u`)}}`);
    }
    text = text.slice(0, match.index) + copies.join("\n") +
      text.slice(close + 1);
  }
  return text;
}

function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let i = from; i < text.length; i++) {
    if (text[i] === "{") depth++;
    else if (text[i] === "}" && --depth === 0) return i;
  }
  throw new RangeError("Cannot unroll loop as its body does not end");
}

function nameRegisters(
  text: string,
  scope: ReadonlyMap<string, number>,
): string {
  const names: string[] = [];
  text = text.replace(
    /^([ \t]*)var (\w+): array<(\w+), ([^>]+)>; \/\/ registers$/gm,
    (_, indent, name, type, length) => {
      const count = evaluateInteger(length, scope);
      if (count === undefined) {
        throw new RangeError(
          `Cannot name registers as their count is not constant: received "${length}"`,
        );
      }
      names.push(name);
      return Array.from(
        { length: count },
        (_, i) => `${indent}var ${name}_${i}: ${type};`,
      ).join("\n");
    },
  );
  for (const name of names) {
    text = text.replace(
      new RegExp(`\\b${name}\\[([^\\]]+)\\]`, "g"),
      (whole, index) => {
        const value = evaluateInteger(index, scope);
        if (value === undefined) {
          throw new RangeError(
            `Cannot name register as its index is not constant: received "${whole}"`,
          );
        }
        return `${name}_${value}`;
      },
    );
  }
  return text;
}
