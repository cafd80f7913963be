import { type Program, readBindings } from "../gpu/program.ts";
import { type Constants, type Precision, specialize } from "./specialize.ts";

/** A compute shader and how to specialise it: what it needs to know of its operands makes a {@linkcode Program}. */
export interface Kernel<Params> {
  /** The kernel's name, as in its shader's file. */
  readonly name: string;
  /** Specialises the shader for operands of the given shapes and storage. */
  program(params: Params, precision?: Precision): Program;
}

/** The parts of a {@linkcode Kernel}. */
export interface KernelDefinition<Params> {
  /** The kernel's name. */
  readonly name: string;
  /** The readable WGSL source. */
  readonly source: string;
  /** Values of the shader's constants and conditions. */
  constants(params: Params): Constants;
  /** For shaders with several inputs: what {@linkcode KernelDefinition.constants} or shape says of each, named as for input 0. */
  inputs?(params: Params): readonly Readonly<Record<string, number>>[];
  /** For shaders with a uniform `shape`: the values of its members, all `u32`. */
  shape?(params: Params): Readonly<Record<string, number>>;
  /** Whether `shape` becomes part of the source, which may be faster but takes a pipeline for each shape; it does not, without it. */
  literalShape?(params: Params): boolean;
  /** Workgroups to dispatch, each way. */
  workgroups(params: Params): readonly [number, number, number];
}

// WebGPU's default, which adapters hardly ever exceed.
const MAX_WORKGROUPS = 65535;

/** Defines a kernel from its shader and what varies with its operands. */
export function defineKernel<Params>(
  definition: KernelDefinition<Params>,
): Kernel<Params> {
  const { name, source, constants, inputs, shape, workgroups } = definition;
  return {
    name,
    program(params, precision = "f32") {
      const groups = workgroups(params);
      if (groups.some((count) => count > MAX_WORKGROUPS)) {
        throw new RangeError(
          `Cannot dispatch ${name} as a dimension takes at most ${MAX_WORKGROUPS} workgroups: received ${
            groups.join("×")
          }; use smaller tiles`,
        );
      }
      const each = inputs?.(params) ?? [];
      const ofInputs = numberNames(each);
      let text = inputs ? repeatInputs(source, each.length) : source;
      const uniforms: Record<string, Uint32Array<ArrayBuffer>> = {};
      if (shape) {
        const values = { ...shape(params), ...ofInputs };
        const members = shapeMembers(text).map((member) => values[member]);
        if (definition.literalShape?.(params)) {
          text = text.replace(
            SHAPE_BINDING,
            `const shape = Shape(${
              members.map((value) => `${value}u`).join(", ")
            });`,
          );
        } else {
          uniforms.shape = new Uint32Array(members);
        }
      }
      const code = specialize(
        text,
        shape ? constants(params) : { ...constants(params), ...ofInputs },
        precision,
      );
      const bindings = readBindings(code);
      return { name, code, bindings, uniforms, workgroups: groups };
    },
  };
}

const SHAPE_BINDING =
  /^@group\(0\) @binding\(\d+\) var<uniform> shape: Shape;$/m;

/** The members of a shader's `struct Shape`, in order. */
function shapeMembers(source: string): string[] {
  const struct = /^struct Shape \{\n([\s\S]*?)^\}/m.exec(source)?.[1] ?? "";
  return [...struct.matchAll(/^ *(\w+): u32,/gm)].map(([, member]) => member);
}

/** What is said of each input under names for input 0, under the names for it. */
function numberNames(
  inputs: readonly Readonly<Record<string, number>>[],
): Record<string, number> {
  const entries = inputs.flatMap((input, i) =>
    Object.entries(input).map(([key, value]) =>
      [key.replace(/0$/, String(i)), value] as const
    )
  );
  return Object.fromEntries(entries);
}

/** Writes the parts between `// begin input` and `// end input` once for each input, with the names' 0 counted up. */
function repeatInputs(source: string, count: number): string {
  const part = /^[ \t]*\/\/ begin input\n([\s\S]*?)^[ \t]*\/\/ end input\n/gm;
  return source.replace(
    part,
    (_, body: string) =>
      Array.from({ length: count }, (_, i) =>
        body
          .replace(
            /@binding\((\d+)\)/g,
            (_, index) => `@binding(${Number(index) + i})`,
          )
          .replace(/\b(input|blocks|start|channels|plane|step)0\b/g, `$1${i}`))
        .join(""),
  );
}
