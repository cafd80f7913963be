import type { BufferRange, Gpu } from "../../gpu/gpu.ts";
import type { Program } from "../../gpu/program.ts";
import type { Step } from "../../graph/compile_graphs.ts";
import { type Lifetime, planBuffers } from "../../graph/plan_buffers.ts";

/** A tensor that lives for part of a step, in a buffer that the plan assigns. */
export interface Value {
  readonly name: string;
  readonly bytes: number;
}

/** Operand of an operation: a value, or memory that outlives the step. */
export type Operand = Value | BufferRange;

/** One run of a kernel. */
export interface TapeOperation {
  /** The layer and the operation. */
  readonly name: string;
  readonly program: Program;
  /** Operands by binding, without uniforms. */
  readonly operands: Readonly<Record<string, Operand>>;
  /** Floating-point operations; a multiply-add counts as two. 0 if it computes little. */
  readonly flops: number;
  /** Number of the group. The operations of a group together compute one tensor. */
  readonly group: number;
}

/** The operations of a step, in order. The first operation that names a value is the one that writes it. */
export class Tape {
  readonly operations: TapeOperation[] = [];
  #group = 0;

  /** Begins a group of operations, which can be repeated together, apart from their writes to memory. */
  begin(): void {
    this.#group++;
  }

  add(
    name: string,
    program: Program,
    operands: Readonly<Record<string, Operand>>,
    { flops = 0 }: { readonly flops?: number } = {},
  ): void {
    const group = this.#group;
    this.operations.push({ name, program, operands, flops, group });
  }
}

/** Whether an operand is a value. */
export function isValue(operand: Operand): operand is Value {
  return !("buffer" in operand);
}

/** A tape that is ready to run, with its buffers. */
export interface CompiledTape extends Disposable {
  /** Dispatches, in order. */
  readonly steps: readonly Step[];
  /** Bytes of the buffers that hold the values. */
  readonly bytes: number;
}

/**
 * Assigns buffers to a tape's values by lifetime, compiles its kernels in parallel and binds them.
 *
 * @throws {GpuError} If a value exceeds the adapter's limits.
 */
export async function compileTape(
  gpu: Gpu,
  tape: Tape,
): Promise<CompiledTape> {
  const lifetimes = lifetimesOf(tape);
  const plan = planBuffers([...lifetimes.values()]);
  const places = new Map(
    [...lifetimes.keys()].map((value, i) => [value, plan.buffers[i]]),
  );
  const buffers: GPUBuffer[] = [];
  const free = () => buffers.forEach((buffer) => gpu.free(buffer));
  try {
    for (const [i, size] of plan.sizes.entries()) {
      const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
      const usage = STORAGE | COPY_SRC | COPY_DST;
      buffers.push(gpu.buffer(`training.${i}`, size, usage));
    }
    const uniforms = uploadUniforms(gpu, tape, buffers);
    const rangeOf = (operand: Operand): BufferRange =>
      isValue(operand)
        ? {
          buffer: buffers[places.get(operand)!],
          offset: 0,
          size: operand.bytes,
        }
        : operand;
    const steps = tape.operations.map(
      async ({ name, program, operands, flops }): Promise<Step> => {
        const resources: Record<string, BufferRange> = {};
        for (const binding of Object.keys(program.bindings)) {
          const operand = operands[binding];
          resources[binding] = operand
            ? rangeOf(operand)
            : uniforms.get(`${program.uniforms[binding]}`)!;
        }
        return { name, flops, ...await gpu.prepare(program, resources) };
      },
    );
    return {
      steps: await Promise.all(steps),
      bytes: buffers.reduce((sum, { size }) => sum + size, 0),
      [Symbol.dispose]: free,
    };
  } catch (error) {
    free();
    throw error;
  }
}

/** Lifetime of each value, by the indices of operations. */
export function lifetimesOf({ operations }: Tape): Map<Value, Lifetime> {
  const lifetimes = new Map<Value, Lifetime>();
  operations.forEach(({ operands }, i) => {
    for (const operand of Object.values(operands)) {
      if (!isValue(operand)) continue;
      const first = lifetimes.get(operand)?.first ?? i;
      lifetimes.set(operand, { size: operand.bytes, first, last: i });
    }
  });
  return lifetimes;
}

/** Writes the uniforms of all programs into one buffer, equal ones once. */
function uploadUniforms(
  gpu: Gpu,
  { operations }: Tape,
  buffers: GPUBuffer[],
): Map<string, BufferRange> {
  const align = gpu.device.limits.minUniformBufferOffsetAlignment;
  const contents = new Map<string, Uint32Array<ArrayBuffer>>();
  for (const { program } of operations) {
    for (const values of Object.values(program.uniforms)) {
      contents.set(`${values}`, values);
    }
  }
  const ranges = new Map<string, { offset: number; size: number }>();
  let used = 0;
  for (const [key, { byteLength }] of contents) {
    const size = Math.ceil(byteLength / 16) * 16;
    ranges.set(key, { offset: used, size });
    used = Math.ceil((used + size) / align) * align;
  }
  const { UNIFORM, COPY_DST } = GPUBufferUsage;
  const buffer = gpu.buffer("training.shapes", used, UNIFORM | COPY_DST);
  buffers.push(buffer);
  for (const [key, values] of contents) {
    gpu.write(buffer, ranges.get(key)!.offset, values);
  }
  return new Map(
    [...ranges].map(([key, range]) => [key, { buffer, ...range }]),
  );
}
