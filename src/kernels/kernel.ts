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
  /** For shaders with several inputs: the constants of each, named as those of input 0. */
  inputs?(params: Params): readonly Constants[];
  /** Workgroups to dispatch, each way. */
  workgroups(params: Params): readonly [number, number, number];
}

// WebGPU's default, which adapters hardly ever exceed.
const MAX_WORKGROUPS = 65535;

/** Defines a kernel from its shader and what varies with its operands. */
export function defineKernel<Params>(
  { name, source, constants, inputs, workgroups }: KernelDefinition<Params>,
): Kernel<Params> {
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
      let values = constants(params);
      let text = source;
      if (inputs) {
        const each = inputs(params);
        text = repeatInputs(text, each.length);
        each.forEach((input, i) => {
          const numbered = Object.entries(input).map(([key, value]) =>
            [key.replace(/0$/, String(i)), value] as const
          );
          values = { ...values, ...Object.fromEntries(numbered) };
        });
      }
      const code = specialize(text, values, precision);
      return { name, code, bindings: readBindings(code), workgroups: groups };
    },
  };
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
          .replace(/\b(input|blocks|start|channels|plane)0\b/g, `$1${i}`))
        .join(""),
  );
}
