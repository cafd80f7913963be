import { cannot } from "../../errors/cannot.ts";
import {
  type Constant,
  type Expression,
  parseShader,
  type Part,
  type SplitArray,
} from "./parse_shader.ts";

/**
 * Storage of activations and weights: 32-bit floats, or pairs of 16-bit floats.
 *
 * @category Graphs
 */
export type Precision = "f32" | "f16";

/** Values for a shader's constants and conditions, by name. */
export type Constants = Readonly<Record<string, number | boolean>>;

// There are few shaders, and each is specialized many times.
const read = new Map<string, readonly Part[]>();

/**
 * Specializes a shader to plain WGSL that compilers optimize well: constants become literals, conditions are resolved, loops
 * are unrolled, and arrays become variables. `docs/shaders.md` describes the language. The condition `f16` follows from
 * `precision`.
 */
export function specialize(
  source: string,
  constants: Constants,
  precision: Precision = "f32",
): string {
  const values: Constants = { ...constants, f16: precision === "f16" };
  const scope = new Map<string, number>();
  let code = "";
  let parts = read.get(source);
  if (!parts) read.set(source, parts = parseShader(source));
  write(parts);
  return code;

  function write(parts: readonly Part[]): void {
    for (const part of parts) {
      if (typeof part === "string") code += part;
      else if (part.kind === "element") {
        const index = integer(part.index, "index of", part.name);
        code += `${part.space}${part.name}${index}`;
      } else if (part.kind === "counter") {
        code += `${part.space}${scope.get(part.name)}u`;
      } else if (part.kind === "loop") {
        const { counter, body } = part;
        const end = integer(part.end, "end of", counter);
        for (
          let i = integer(part.first, "start of", counter);
          i < end;
          i++
        ) {
          scope.set(counter, i);
          code += "\n{";
          write(body);
          code += "}";
        }
        scope.delete(counter);
      } else if (part.kind === "condition") {
        write(holds(part.name) ? part.held : part.otherwise);
      } else if (part.kind === "constant") writeConstant(part);
      else writeArray(part);
    }
  }

  function writeConstant({ space, keyword, name, type, initial }: Constant) {
    const value = keyword === "override" ? values[name] : undefined;
    if (value === undefined && initial === undefined) {
      throw fail(`"${name}" has no value`);
    }
    const known = value ?? initial!.value(scope);
    if (typeof known === "number" && type !== "f32") scope.set(name, known);
    const ofType = type === undefined ? "" : `: ${type}`;
    const text = value === undefined ? initial!.text : literal(value, type);
    code += `${space}const ${name}${ofType} = ${text};`;
  }

  function writeArray({ space, prefix, name, type, length, sign }: SplitArray) {
    const count = integer(length, "length of", name);
    const binding = prefix.indexOf("binding") + 2; // after "("
    for (let i = 0; i < count; i++) {
      const before = prefix.map((text, at) =>
        at === binding ? Number(text) + i : text
      ).join("");
      code += `${space}${before} ${name}${i}: ${type}${sign}`;
    }
  }

  function integer(expression: Expression, what: string, name: string): number {
    const value = expression.value(scope);
    if (value !== undefined) return value;
    throw fail(`the ${what} "${name}" is not constant`, {
      received: expression.text,
    });
  }

  function holds(name: string): boolean {
    if (name in values) return Boolean(values[name]);
    throw fail(`the condition "${name}" has no value`);
  }
}

function fail(reason: string, options?: { readonly received: string }): Error {
  return cannot("specialize shader", reason, { ...options, kind: RangeError });
}

function literal(value: number | boolean, type: string | undefined): string {
  if (type === "bool") return value ? "true" : "false";
  const number = Number(value);
  if (type === "f32") {
    return Number.isInteger(number) ? `${number}.0f` : `${number}f`;
  }
  return type === "u32" ? `${number}u` : `${number}i`;
}
