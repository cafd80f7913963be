import { GpuError } from "./gpu_error.ts";
import type { Access, Program } from "./program.ts";

const BUFFER_TYPES: Record<Access, GPUBufferBindingType> = {
  read: "read-only-storage",
  write: "storage",
  uniform: "uniform",
};

/** A compiled {@linkcode Program}. */
export interface Pipeline {
  /** What was compiled. */
  readonly program: Program;
  /** WebGPU's pipeline. */
  readonly pipeline: GPUComputePipeline;
  /** The layout of bind group 0. */
  readonly layout: GPUBindGroupLayout;
}

/**
 * Compiles a program.
 *
 * @throws {GpuError} with the kernel, the line and its source if the shader does not compile.
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
  created.catch(() => {}); // the scope below tells more
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
    throw new GpuError(
      "compile",
      `Cannot compile ${name} as its pipeline is not valid: received "${
        (cause as Error).message.trim()
      }"`,
      { cause },
    );
  }
}

function compileError(
  name: string,
  code: string,
  { message, lineNum }: GPUCompilationMessage,
): GpuError {
  const source = code.split("\n")[lineNum - 1]?.trim() ?? "";
  const reason = message.trim().split("\n").map((line) => line.trim())
    .filter((line) => line !== "").join(" ");
  return new GpuError(
    "compile",
    `Cannot compile ${name} as line ${lineNum} is not valid: received "${source}" (${reason})`,
  );
}
