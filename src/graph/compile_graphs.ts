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

/** A graph and the parameters to run it with. */
export interface CompileInput<I extends string, O extends string> {
  /** The graph, rewritten for inference. */
  readonly graph: Graph<I, O>;
  /** Its parameters. */
  readonly parameters: ParameterStore;
}

/** Compiled graphs and the tensor buffers that they share. */
export interface CompiledGraphs<I extends string, O extends string>
  extends Disposable {
  /** One for each graph, in order. */
  readonly executables: readonly Executable<I, O>[];
  /** Bytes of the buffers that hold the tensors. */
  readonly bytes: number;
}

/** How {@linkcode compileGraphs} compiles. */
export interface CompileOptions extends Omit<Target, "subgroupSize"> {
  /**
   * Told how many bytes the tensors take when all constants have been added to their stores; sees to it that these have
   * buffers. Without it they are uploaded.
   */
  readonly place?: (bytes: number) => Promise<void>;
}

/**
 * Compiles graphs that run one after the other, never at once, so that their tensors share buffers. A graph that is given
 * several times is lowered once. All pipelines are compiled in parallel.
 *
 * @throws {GpuError} where a shader does not compile, or a tensor does not fit the adapter's limits.
 */
export async function compileGraphs<I extends string, O extends string>(
  gpu: Gpu,
  inputs: readonly CompileInput<I, O>[],
  { precision, variantOf, place }: CompileOptions,
): Promise<CompiledGraphs<I, O>> {
  const { subgroupSize } = gpu;
  const plans = new Map(
    [...new Set(inputs.map(({ graph }) => graph))].map((graph) => [
      graph,
      planGraph(graph, { precision, subgroupSize, variantOf }),
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

/** Sizes of buffers that serve several users in turn: the largest at each place. */
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

/** What a uniform binding holds, as a constant. */
function uniformConstant(values: Program["uniforms"][string]): Constant {
  return {
    key: `uniform ${values}`,
    parameters: [],
    pack: () => values.buffer,
  };
}

/** When each tensor of a graph is needed, by the number of the node in order. */
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
