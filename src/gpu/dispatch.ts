import type { Pipeline } from "./gpu.ts";

/** A compiled kernel with what is bound to it. */
export interface Dispatch {
  /** The kernel. */
  readonly pipeline: Pipeline;
  /** What is bound to it. */
  readonly bindings: GPUBindGroup;
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
