import { type GpuError, gpuFailure, messageOf } from "./gpu_error.ts";
import type { Access, Program } from "./program.ts";

/**
 * Replaces `pack2x16float` in a shader with arithmetic, for drivers on which that is faster: llvmpipe compiles the builtin
 * to 45 vector instructions per value, and the replacement to 15. Rounds to nearest, ties to even; values beyond the
 * largest half become infinity, and NaN stays NaN.
 */
export function expandPack(code: string): string {
  const expanded = code.replace(/\bpack2x16float\(/g, "pack_halves(");
  return expanded === code ? code : expanded + PACK_HALVES;
}

// Adding 0.5 rounds values below the smallest normal half: the last bit of the sum equals the smallest half.
const PACK_HALVES = `
fn pack_halves(v: vec2f) -> u32 {
  let bits = bitcast<vec2u>(v);
  let size = bits & vec2u(0x7fffffffu);
  let odd = (size >> vec2u(13u)) & vec2u(1u);
  let normal = min((size + odd + vec2u(0xc8000fffu)) >> vec2u(13u), vec2u(0x7c00u));
  let small = bitcast<vec2u>(bitcast<vec2f>(size) + vec2f(0.5)) - vec2u(0x3f000000u);
  let number = select(normal, small, size < vec2u(0x38800000u));
  let half = select(number, vec2u(0x7e00u), size > vec2u(0x7f800000u));
  let sign = bits & vec2u(0x80000000u);
  return half.x | (sign.x >> 16u) | (half.y << 16u) | sign.y;
}
`;

const BUFFER_TYPES: Record<Access, GPUBufferBindingType> = {
  read: "read-only-storage",
  write: "storage",
  uniform: "uniform",
};

/** A compiled {@linkcode Program}. */
export interface Pipeline {
  /** The program that was compiled. */
  readonly program: Program;
  /** The WebGPU pipeline. */
  readonly pipeline: GPUComputePipeline;
  /** The layout of bind group 0. */
  readonly layout: GPUBindGroupLayout;
}

/**
 * Compiles a program.
 *
 * @throws {GpuError} If the shader does not compile, naming the kernel, the line and its source.
 */
export async function compilePipeline(
  device: GPUDevice,
  program: Program,
): Promise<Pipeline> {
  const { name, code } = program;
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ label: `${name}.shader`, code });
  const layout = device.createBindGroupLayout({
    label: `${name}.layout`,
    entries: Object.values(program.bindings).map(({ index, access }) => ({
      binding: index,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: BUFFER_TYPES[access] },
    })),
  });
  const created = device.createComputePipelineAsync({
    label: `${name}.pipeline`,
    layout: device.createPipelineLayout({
      label: `${name}.layout`,
      bindGroupLayouts: [layout],
    }),
    compute: { module, entryPoint: "main" },
  });
  created.catch(() => {}); // the error scope reports more
  const [invalid, info] = await Promise.all([
    device.popErrorScope(),
    module.getCompilationInfo(),
  ]);
  const error = info.messages.find(({ type }) => type === "error");
  if (error) throw compileError(name, code, error);
  try {
    if (invalid) throw new Error(invalid.message);
    return { program, pipeline: await created, layout };
  } catch (cause) {
    throw gpuFailure("compile", {
      action: `compile "${name}"`,
      reason: `its pipeline is invalid (${messageOf(cause as Error)})`,
      cause,
    });
  }
}

function compileError(
  name: string,
  code: string,
  error: GPUCompilationMessage,
): GpuError {
  const source = code.split("\n")[error.lineNum - 1]?.trim() ?? "";
  return gpuFailure("compile", {
    action: `compile "${name}"`,
    reason: `line ${error.lineNum} "${source}" is invalid (${
      messageOf(error)
    })`,
  });
}
