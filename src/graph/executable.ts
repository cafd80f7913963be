import { type Dispatch, dispatch } from "../gpu/dispatch.ts";
import type { BufferRange, Gpu } from "../gpu/gpu.ts";
import type { Profiler } from "../gpu/profiler.ts";

/** One dispatch of a compiled graph. */
export interface Step extends Dispatch {
  /** The layer's name. */
  readonly name: string;
  /** Floating-point operations, two a multiply-add; 0 where it only moves data. */
  readonly flops: number;
  /** Bytes that are bound to it: about what it reads and writes. */
  readonly bytes: number;
}

/** A graph ready to run on a device: its tensors lie in buffers shared by lifetime, its layers are compiled and bound. */
export class Executable<
  Inputs extends string = string,
  Outputs extends string = string,
> {
  /** Where the inputs are to be written, in the kernels' layout. */
  readonly inputs: Readonly<Record<Inputs, BufferRange>>;
  /** Where the outputs are found after a run, in the kernels' layout. */
  readonly outputs: Readonly<Record<Outputs, BufferRange>>;
  /** The dispatches, in order. */
  readonly steps: readonly Step[];

  /** Made by `compileGraphs()`. */
  constructor(
    inputs: Readonly<Record<Inputs, BufferRange>>,
    outputs: Readonly<Record<Outputs, BufferRange>>,
    steps: readonly Step[],
  ) {
    this.inputs = inputs;
    this.outputs = outputs;
    this.steps = steps;
  }

  /** Records a run. With a profiler each layer is a pass of its own, else all are one. */
  record(encoder: GPUCommandEncoder, profiler?: Profiler): void {
    if (profiler) {
      for (const step of this.steps) {
        const pass = encoder.beginComputePass(profiler.pass(step.name, step));
        dispatch(pass, step);
        pass.end();
      }
      return;
    }
    const pass = encoder.beginComputePass({ label: "network" });
    for (const step of this.steps) dispatch(pass, step);
    pass.end();
  }

  /** Runs once and waits, for tests and small jobs. */
  async run(gpu: Gpu): Promise<void> {
    const encoder = gpu.encoder("run");
    this.record(encoder);
    gpu.submit(encoder);
    await gpu.guard(gpu.device.queue.onSubmittedWorkDone());
  }
}
