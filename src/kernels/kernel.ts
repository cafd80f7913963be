import { cannot } from "../errors/cannot.ts";
import { type Program, readBindings } from "../gpu/program.ts";
import {
  type Constants,
  type Precision,
  specialize,
} from "./wgsl/specialize.ts";

/**
 * How a workgroup over planes is divided: a thread's per-plane values serve several pixels, and neighboring threads read
 * consecutive memory, which software adapters need.
 */
export const planeThreads = {
  /** Threads along a plane. */
  lanes: 8,
  /** Planes per workgroup. */
  rows: 8,
  /** Pixels per plane and workgroup. */
  span: 128,
} as const;

/** A compute shader that its operands' parameters specialize into a {@linkcode Program}. */
export interface Kernel<Params> {
  /** The kernel's name, which is that of its shader file. */
  readonly name: string;
  /** Specializes the shader for operands of these shapes and this precision. */
  program(params: Params, precision?: Precision): Program;
}

type Shape = Readonly<Record<string, number | readonly number[]>>;

/** A formula in a shader. */
export interface ShaderFormula {
  /** An expression in WGSL. */
  readonly wgsl: string;
  /** What it replaces. */
  readonly place: string;
}

/** The formula of shaders that compute a `value`, of which it is. */
export function valueFormula(
  { formula }: { readonly formula?: string },
): ShaderFormula | undefined {
  return formula === undefined
    ? undefined
    : { wgsl: formula, place: "formula(value)" };
}

/** The parts of a {@linkcode Kernel}. */
export interface KernelDefinition<Params> {
  readonly name: string;
  /** The shader in the language of `docs/shaders.md`. */
  readonly source: string;
  /** Values of the shader's constants and conditions. */
  constants(params: Params): Constants;
  /** For shaders with a uniform `shape`: the values of its `u32` members; an array for a split member. */
  shape?(params: Params): Shape;
  /** A formula as WGSL, and the call that it replaces (`shaders/common/formula.wgsl`). Default: none. */
  formula?(params: Params): ShaderFormula | undefined;
  /** Whether `shape` becomes part of the source, which may be faster but needs a pipeline per shape. Default: false. */
  literalShape?(params: Params): boolean;
  /** Workgroups to dispatch, by axis. */
  workgroups(params: Params): readonly [number, number, number];
}

// WebGPU's default limit, which adapters rarely exceed.
const MAX_WORKGROUPS = 65535;

/** Defines a kernel by its shader and the values that depend on its operands. */
export function defineKernel<Params>(
  definition: KernelDefinition<Params>,
): Kernel<Params> {
  const { name, source, constants, shape, workgroups } = definition;
  return {
    name,
    program(params, precision = "f32") {
      const groups = workgroups(params);
      if (groups.some((count) => count > MAX_WORKGROUPS)) {
        throw cannot(
          `dispatch "${name}"`,
          `${
            groups.join("×")
          } workgroups exceed the limit of ${MAX_WORKGROUPS} per dimension; use smaller tiles`,
          { kind: RangeError },
        );
      }
      let code = specialize(source, constants(params), precision);
      const formula = definition.formula?.(params);
      if (formula) code = insert(code, formula, name);
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

function insert(code: string, { wgsl, place }: ShaderFormula, name: string) {
  const parts = code.split(place);
  if (parts.length === 2) return parts.join(wgsl);
  throw cannot("specialize shader", `${name} has no place for a formula`);
}

const SHAPE_BINDING = /@group\(0\) @binding\(\d+\) var<uniform> shape: Shape;/;

/** The values of a shape by member name, with arrays split. */
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
