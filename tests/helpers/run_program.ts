import { dispatch } from "../../src/gpu/dispatch.ts";
import type { BufferRange, Gpu } from "../../src/gpu/gpu.ts";
import type { Program } from "../../src/gpu/program.ts";

/** What {@linkcode runProgram} binds. */
export interface RunProgramOptions {
  /** What each binding holds before the run. Whole words are bound: bytes that are missing to the last are zero. */
  readonly buffers: Readonly<Record<string, ArrayBuffer>>;
  /** The binding to read back. Default: `output`. */
  readonly read?: string;
}

/** Runs a kernel once and returns what it left in one of its bindings. */
export async function runProgram(
  gpu: Gpu,
  program: Program,
  { buffers, read = "output" }: RunProgramOptions,
): Promise<ArrayBuffer> {
  const { STORAGE, UNIFORM, COPY_SRC, COPY_DST } = GPUBufferUsage;
  const resources: Record<string, BufferRange> = {};
  try {
    const uniforms = Object.entries(program.uniforms)
      .map(([name, { buffer }]) => [name, buffer] as const);
    for (const [name, bytes] of [...Object.entries(buffers), ...uniforms]) {
      const uniform = program.bindings[name]?.access === "uniform";
      const usage = uniform
        ? UNIFORM | COPY_DST
        : STORAGE | COPY_SRC | COPY_DST;
      const words = new Uint8Array(Math.ceil(bytes.byteLength / 4) * 4);
      words.set(new Uint8Array(bytes));
      const label = `${program.name}.${name}`;
      const buffer = gpu.buffer(label, words.length, usage);
      gpu.device.queue.writeBuffer(buffer, 0, words);
      resources[name] = { buffer, offset: 0, size: buffer.size };
    }
    const pipeline = await gpu.pipeline(program);
    const encoder = gpu.encoder(program.name);
    const pass = encoder.beginComputePass({ label: program.name });
    dispatch(pass, { pipeline, bindings: gpu.bind(pipeline, resources) });
    pass.end();
    gpu.submit(encoder);
    const size = buffers[read].byteLength;
    return await gpu.read({ ...resources[read], size });
  } finally {
    for (const { buffer } of Object.values(resources)) gpu.free(buffer);
  }
}
