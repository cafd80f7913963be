import { type Program, readBindings } from "../gpu/program.ts";
import {
  type Constants,
  type Precision,
  specialize,
} from "./wgsl/specialize.ts";

/**
 * How a workgroup over planes is cut: so that what a thread reads once for its plane serves several pixels, and that its
 * neighbors read one line of memory after the other, as software adapters want it.
 */
export const planeThreads = {
  /** Threads along a plane. */
  lanes: 8,
  /** Planes. */
  rows: 8,
  /** Pixels of a plane. */
  span: 128,
} as const;

/** A compute shader and how to specialize it: what it needs to know of its operands makes a {@linkcode Program}. */
export interface Kernel<Params> {
  /** The kernel's name, as in its shader's file. */
  readonly name: string;
  /** Specializes the shader for operands of the given shapes and storage. */
  program(params: Params, precision?: Precision): Program;
}

type Shape = Readonly<Record<string, number | readonly number[]>>;

/** The parts of a {@linkcode Kernel}. */
export interface KernelDefinition<Params> {
  /** The kernel's name. */
  readonly name: string;
  /** The readable WGSL source. */
  readonly source: string;
  /** Values of the shader's constants and conditions. */
  constants(params: Params): Constants;
  /** For shaders with a uniform `shape`: the values of its members, all `u32`; those of a split member in an array. */
  shape?(params: Params): Shape;
  /** Whether `shape` becomes part of the source, which may be faster but takes a pipeline for each shape. Default: no. */
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
  const { name, source, constants, shape, workgroups } = definition;
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
      let code = specialize(source, constants(params), precision);
      const uniforms: Record<string, Uint32Array<ArrayBuffer>> = {};
      if (shape) {
        const values = elements(shape(params));
        const members = shapeMembers(code).map((name) => values.get(name)!);
        if (definition.literalShape?.(params)) {
          const literals = members.map((value) => `${value}u`).join(", ");
          code = code.replace(
            SHAPE_BINDING,
            `const shape = Shape(${literals});`,
          );
        } else {
          uniforms.shape = new Uint32Array(members);
        }
      }
      const bindings = readBindings(code);
      return { name, code, bindings, uniforms, workgroups: groups };
    },
  };
}

const SHAPE_BINDING = /@group\(0\) @binding\(\d+\) var<uniform> shape: Shape;/;

/** The values of a shape by the names of its members when arrays are split. */
function elements(shape: Shape): Map<string, number> {
  return new Map(
    Object.entries(shape).flatMap(([name, value]) =>
      typeof value === "number"
        ? [[name, value] as const]
        : value.map((element, i) => [name + i, element] as const)
    ),
  );
}

/** The members of a shader's `struct Shape`, in order. */
function shapeMembers(code: string): string[] {
  const struct = /struct Shape \{([^}]*)\}/.exec(code)?.[1] ?? "";
  return [...struct.matchAll(/(\w+): u32/g)].map(([, name]) => name);
}
