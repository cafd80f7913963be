import { allocateBuffers } from "../gpu/allocate_buffers.ts";
import { type Dispatch, dispatch } from "../gpu/dispatch.ts";
import type { BufferRange, Gpu } from "../gpu/gpu.ts";
import type { Profiler } from "../gpu/profiler.ts";
import type { Program } from "../gpu/program.ts";
import { packedBytes } from "../kernels/pack.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import { type Graph, nodesOf } from "./graph.ts";
import {
  type ComputedConstant,
  type Constant,
  lowerNode,
  type Operation,
  type Scratch,
  type Target,
} from "./op.ts";
import type { ParameterStore } from "./parameter_store.ts";
import { type Lifetime, planBuffers } from "./plan_buffers.ts";
import type { Tensor } from "./tensor.ts";

/** One dispatch of a compiled graph. */
export interface Step extends Dispatch {
  /** The layer's name. */
  readonly name: string;
  /** Floating-point operations, two per multiply-add; 0 if the kernel only moves data. */
  readonly flops: number;
  /** Bytes bound to the kernel: roughly the bytes it reads and writes. */
  readonly bytes: number;
}

/** A graph compiled for a device, whose tensors share buffers by lifetime. */
export class Executable<
  Inputs extends string = string,
  Outputs extends string = string,
> {
  /** Where to write the inputs, in the kernels' layout. */
  readonly inputs: Readonly<Record<Inputs, BufferRange>>;
  /** Where to read the outputs after a run, in the kernels' layout. */
  readonly outputs: Readonly<Record<Outputs, BufferRange>>;
  /** The dispatches, in order. */
  readonly steps: readonly Step[];

  /** Called by `compileGraphs()`. */
  constructor(
    inputs: Readonly<Record<Inputs, BufferRange>>,
    outputs: Readonly<Record<Outputs, BufferRange>>,
    steps: readonly Step[],
  ) {
    this.inputs = inputs;
    this.outputs = outputs;
    this.steps = steps;
  }

  /** Records a run: a pass per kernel with a profiler, else one pass. */
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

  /** Runs once and waits for the result, for tests and small jobs. */
  async run(gpu: Gpu): Promise<void> {
    const encoder = gpu.encoder("run");
    this.record(encoder);
    gpu.submit(encoder);
    await gpu.guard(gpu.device.queue.onSubmittedWorkDone());
  }
}

/** A graph and its parameters. */
export interface CompileInput<I extends string, O extends string> {
  /** The graph, rewritten for inference. */
  readonly graph: Graph<I, O>;
  readonly parameters: ParameterStore;
}

/** Compiled graphs and the tensor buffers that they share. */
export interface CompiledGraphs<I extends string, O extends string>
  extends Disposable {
  /** One per graph, in order. */
  readonly executables: readonly Executable<I, O>[];
  /** Bytes of the buffers that hold the tensors. */
  readonly bytes: number;
}

/** How {@linkcode compileGraphs} compiles. */
export interface CompileOptions
  extends Omit<Target, "subgroupSize" | "hardware"> {
  /**
   * Gives the stores GPU buffers, once all constants were added. Receives the bytes of the tensors. Default: uploads the
   * stores.
   */
  readonly place?: (bytes: number) => Promise<void>;
}

/**
 * Compiles graphs that run one at a time, so that their tensors share buffers. A graph given several times is lowered
 * once. All pipelines are compiled in parallel.
 *
 * @throws {GpuError} If a shader does not compile, or a tensor exceeds the adapter's limits.
 */
export async function compileGraphs<I extends string, O extends string>(
  gpu: Gpu,
  inputs: readonly CompileInput<I, O>[],
  { precision, variantOf, place }: CompileOptions,
): Promise<CompiledGraphs<I, O>> {
  const { subgroupSize, hardware } = gpu;
  const plans = new Map(
    [...new Set(inputs.map(({ graph }) => graph))].map((graph) => [
      graph,
      planGraph(graph, { precision, subgroupSize, hardware, variantOf }),
    ]),
  );
  const stores = new Set(inputs.map(({ parameters }) => parameters));
  for (const { graph, parameters } of inputs) {
    parameters.add(plans.get(graph)!.constants);
  }
  const sizes = largestSizes([...plans.values()].map(({ sizes }) => sizes));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (place) await place(bytes);
  else for (const parameters of stores) await parameters.upload();
  const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
  const usage = STORAGE | COPY_SRC | COPY_DST;
  const buffers = await allocateBuffers(
    gpu,
    sizes.map((size, i) => ({ label: `tensors.${i}`, size, usage })),
  );
  try {
    const executables = await Promise.all(inputs.map((input) => {
      const { nodes, bufferOf } = plans.get(input.graph)!;
      const rangeOf = (place: Tensor | Scratch): BufferRange => ({
        buffer: buffers[bufferOf.get(place)!],
        offset: 0,
        size: "size" in place
          ? place.size
          : packedBytes(place.shape, precision),
      });
      return compileGraph(gpu, { ...input, nodes, rangeOf });
    }));
    return {
      executables,
      bytes: buffers.reduce((sum, { size }) => sum + size, 0),
      [Symbol.dispose]: () => buffers.forEach((buffer) => gpu.free(buffer)),
    };
  } catch (error) {
    buffers.forEach((buffer) => gpu.free(buffer));
    throw error;
  }
}

/** Sizes of buffers that several users take turns with: the largest size at each index. */
export function largestSizes(users: readonly (readonly number[])[]): number[] {
  const count = Math.max(0, ...users.map(({ length }) => length));
  return Array.from(
    { length: count },
    (_, i) => Math.max(...users.map((sizes) => sizes[i] ?? 0)),
  );
}

interface LoweredNode {
  readonly node: Tensor;
  readonly operations: readonly Operation[];
}

function planGraph(graph: Graph, target: Target) {
  const nodes = nodesOf(graph)
    .map((node) => ({ node, operations: lowerNode(node, target) }));
  const lifetimes = new Map<Tensor | Scratch, Lifetime>(
    lifetimesOf(graph, target.precision),
  );
  const constants: (Constant | ComputedConstant)[] = [];
  nodes.forEach(({ operations }, i) => {
    for (const { scratch = {}, constants: read = {}, program } of operations) {
      for (const place of Object.values(scratch)) {
        lifetimes.set(place, { size: place.size, first: i, last: i });
      }
      constants.push(
        ...Object.values(read),
        ...Object.values(program.uniforms).map(uniformConstant),
      );
    }
  });
  const { sizes, buffers } = planBuffers([...lifetimes.values()]);
  const bufferOf = new Map(
    [...lifetimes.keys()].map((node, i) => [node, buffers[i]]),
  );
  return { nodes, sizes, bufferOf, constants };
}

/** The values of a uniform binding as a constant. */
function uniformConstant(values: Program["uniforms"][string]): Constant {
  return {
    key: `uniform ${values}`,
    parameters: [],
    pack: () => values.buffer,
  };
}

/** The lifetime of each tensor of a graph, by index of the node. */
export function lifetimesOf(
  graph: Graph,
  precision: Precision,
): Map<Tensor, Lifetime> {
  const nodes = nodesOf(graph);
  const last = new Map<Tensor, number>();
  nodes.forEach((node, i) => {
    last.set(node, i);
    for (const input of node.inputs) last.set(input, i);
  });
  for (const output of Object.values(graph.outputs)) {
    last.set(output, nodes.length);
  }
  return new Map(nodes.map((node, first) => [node, {
    size: packedBytes(node.shape, precision),
    first,
    last: last.get(node)!,
  }]));
}

async function compileGraph<I extends string, O extends string>(
  gpu: Gpu,
  { graph, parameters, nodes, rangeOf }: CompileInput<I, O> & {
    readonly nodes: readonly LoweredNode[];
    readonly rangeOf: (place: Tensor | Scratch) => BufferRange;
  },
): Promise<Executable<I, O>> {
  const prepare = async (
    node: Tensor,
    { program, tensors, constants = {}, scratch, flops = 0 }: Operation,
  ): Promise<Step> => {
    const resources: Record<string, BufferRange> = { output: rangeOf(node) };
    const places = { ...tensors, ...scratch };
    for (const [name, place] of Object.entries<Tensor | Scratch>(places)) {
      resources[name] = rangeOf(place);
    }
    for (const [name, constant] of Object.entries(constants)) {
      resources[name] = parameters.get(constant);
    }
    for (const [name, values] of Object.entries(program.uniforms)) {
      resources[name] = parameters.get(uniformConstant(values));
    }
    return { name: node.name, flops, ...await gpu.prepare(program, resources) };
  };
  const steps = nodes.flatMap(({ node, operations }) =>
    operations.map((operation) => prepare(node, operation))
  );
  const ranges = <K extends string>(tensors: Readonly<Record<K, Tensor>>) =>
    Object.fromEntries(
      Object.entries<Tensor>(tensors)
        .map(([name, node]) => [name, rangeOf(node)]),
    ) as Record<K, BufferRange>;
  return new Executable(
    ranges(graph.inputs),
    ranges(graph.outputs),
    await Promise.all(steps),
  );
}
