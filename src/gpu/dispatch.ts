import type { Pipeline } from "./compile_pipeline.ts";

/** A range of a GPU buffer. */
export interface BufferRange {
  /** The buffer. */
  readonly buffer: GPUBuffer;
  /** First byte. */
  readonly offset: number;
  /** Length in bytes. */
  readonly size: number;
}

/** A compiled kernel and its bindings. */
export interface Dispatch {
  /** The kernel. */
  readonly pipeline: Pipeline;
  /** The buffers bound to the kernel. */
  readonly bindings: GPUBindGroup;
  /** Floating-point operations, two per multiply-add; 0 if the kernel only moves data. */
  readonly flops?: number;
  /** Bytes bound to the kernel: roughly the bytes it reads and writes. */
  readonly bytes?: number;
}

/** Records a dispatch in a compute pass. */
export function dispatch(
  pass: GPUComputePassEncoder,
  { pipeline, bindings }: Dispatch,
): void {
  pass.setPipeline(pipeline.pipeline);
  pass.setBindGroup(0, bindings);
  pass.dispatchWorkgroups(...pipeline.program.workgroups);
}
