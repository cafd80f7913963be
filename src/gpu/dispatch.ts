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

/** A compiled kernel with what is bound to it. */
export interface Dispatch {
  /** The kernel. */
  readonly pipeline: Pipeline;
  /** What is bound to it. */
  readonly bindings: GPUBindGroup;
  /** Floating-point operations, two per multiply-add; 0 if it only moves data. */
  readonly flops?: number;
  /** Bytes bound to it: about what it reads and writes. */
  readonly bytes?: number;
}

/** Records a kernel's run. */
export function dispatch(
  pass: GPUComputePassEncoder,
  { pipeline, bindings }: Dispatch,
): void {
  pass.setPipeline(pipeline.pipeline);
  pass.setBindGroup(0, bindings);
  pass.dispatchWorkgroups(...pipeline.program.workgroups);
}
