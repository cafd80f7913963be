import { cannot } from "../errors/cannot.ts";
import { channelsOf } from "../io/classes.ts";
import type { BufferRange, Gpu } from "../gpu/gpu.ts";
import { packedBytes } from "../kernels/pack.ts";
import type { Architecture } from "../models/architecture.ts";
import { formatGib } from "../predict/plan_memory.ts";
import { matchStateDict, normalizeKeys } from "../weights/match_state_dict.ts";
import type { StateDict } from "../weights/tensor_data.ts";
import { compileOptimizer } from "./step/compile_optimizer.ts";
import { fitTape } from "./step/fit_tape.ts";
import { GpuTrainingStep } from "./step/gpu_training_step.ts";
import { GradientSum } from "./step/gradients.ts";
import type { ParameterSlots } from "./step/parameter_slots.ts";
import {
  forwardVariant,
  parameterSlots,
  recordBackward,
  recordForward,
  trainingGraph,
} from "./step/record_graph.ts";
import { recordLoss } from "./step/record_loss.ts";
import { newTensor, type Recording } from "./step/recording.ts";
import { StepMemory } from "./step/step_memory.ts";
import { StepRegisters } from "./step/step_registers.ts";
import { compileTape, isValue, Tape } from "./step/tape.ts";
import type { CompiledTraining, TrainingStepOptions } from "./training_step.ts";

/** The initial scale of PyTorch's GradScaler. */
const INITIAL_LOSS_SCALE = 65536;

/**
 * Compiles a network's training step: the same graph as for inference, with batch statistics and dropout, and its
 * gradients. Batch norms continue from the state dict's running statistics, and Adam starts from zero; `load()` changes
 * both.
 *
 * @example
 * ```ts
 * import { type Architecture } from "@tilewise/tilewise/models";
 * import { conv2d, relu } from "@tilewise/tilewise/graph";
 * import { Gpu } from "@tilewise/tilewise/gpu";
 * import { compileTraining } from "@tilewise/tilewise/train";
 *
 * const tiny: Architecture = {
 *   name: "tiny",
 *   forward(image) {
 *     const x = relu(conv2d(image, { name: "a", channels: 4, kernel: 3, padding: 1 }));
 *     return conv2d(x, { name: "b", channels: 1, kernel: 1 });
 *   },
 * };
 * const tensor = (...shape: number[]) => {
 *   const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => Math.random() - 0.5);
 *   return { shape, dtype: "f32", data: new Uint8Array(values.buffer) } as const;
 * };
 * using gpu = await Gpu.request();
 * using step = await compileTraining(
 *   gpu,
 *   tiny,
 *   new Map([
 *     ["a.weight", tensor(4, 3, 3, 3)],
 *     ["a.bias", tensor(4)],
 *     ["b.weight", tensor(1, 4, 1, 1)],
 *     ["b.bias", tensor(1)],
 *   ]),
 *   { batch: 2, height: 16, width: 16 },
 * );
 * gpu.device.queue.writeBuffer(step.images.buffer, step.images.offset, new Float32Array(2 * 16 * 16 * 4).fill(0.5));
 * gpu.device.queue.writeBuffer(step.masks.buffer, step.masks.offset, new Float32Array(2 * 16 * 16).fill(1));
 * const first = await step.accumulate({ seed: 1 });
 * await step.update({ learningRate: 0.01, beta1: 0.9 });
 * const second = await step.accumulate({ seed: 2 });
 * console.assert(second.loss < first.loss);
 * ```
 *
 * @throws {StateDictError} If the state dict does not fit the network.
 * @throws {RangeError} If the sizes do not fit the network, or a batch needs more than `maxBytes`; the message says how much.
 * @throws {GpuError} If tensors exceed the adapter's limits.
 *
 * @category Training steps
 */
export async function compileTraining(
  gpu: Gpu,
  architecture: Architecture,
  stateDict: StateDict,
  options: TrainingStepOptions,
): Promise<CompiledTraining> {
  const { batch, height, width, precision = "f32" } = options;
  const { classes = 1, activation = "sigmoid", hasUnknown } = options;
  const channels = channelsOf(classes, activation);
  const graph = trainingGraph(architecture, options);
  const slots = parameterSlots(graph);
  const all = [...slots.trained, ...slots.statistics];
  const unused = architecture.unused?.map(({ name }) => name) ?? [];
  matchStateDict(stateDict, all, { ignore: (key) => unused.includes(key) });

  using owned = new DisposableStack();
  const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
  const external = (name: string, size: number): BufferRange => {
    const usage = STORAGE | COPY_SRC | COPY_DST;
    const buffer = gpu.buffer(`training.${name}`, size, usage);
    owned.defer(() => gpu.free(buffer));
    return { buffer, offset: 0, size };
  };
  const bytesOf = (channels: number) =>
    packedBytes([batch, channels, height, width], precision);
  const images = external("images", bytesOf(1));
  const logits = external("logits", bytesOf(channels));
  const count = batch * height * width;
  const masks = external("masks", count * 4);
  const registers = owned.use(new StepRegisters(gpu));
  const memory = owned.use(new StepMemory(gpu, slots, { precision }));

  const tape = new Tape();
  const recording: Recording = {
    graph,
    tape,
    memory,
    target: {
      precision,
      subgroupSize: gpu.subgroupSize,
      hardware: gpu.hardware,
      variantOf: (problem) => forwardVariant(problem, gpu),
    },
    images,
    logits,
    seed: registers.seed,
  };
  const forward = recordForward(recording);
  const forwardLength = tape.operations.length;
  const logitsGradient = newTensor(
    recording,
    graph.outputs.logits,
    "loss.gradient",
  );
  const size = { images: batch, pixels: height * width, channels };
  recordLoss(tape, size, {
    ...{ registers, logits, masks, precision, activation, hasUnknown },
    gradient: logitsGradient,
  });
  recordBackward(recording, { forward, logitsGradient });

  const { control, settings } = registers;
  const { maxBytes = Infinity } = options;
  const fixed = images.size + logits.size + masks.size;
  const fitted = fitTape(tape, {
    forward: forwardLength,
    tensors: new Set([...forward.tensors.values()].filter(isValue)),
    maxBytes: maxBytes - fixed,
  });
  if (!(fixed + fitted.bytes <= maxBytes)) {
    throw cannot(
      `train ${architecture.name}`,
      `batches of ${batch} at ${width}×${height} pixels need at least ${
        formatGib(fixed + fitted.bytes, "ceil")
      } of GPU memory besides the weights, more than the limit of ${
        formatGib(maxBytes)
      }; raise the limit (--memory), or use smaller batches (--accumulate) or tiles`,
      { kind: RangeError },
    );
  }
  const batchTape = owned.use(await compileTape(gpu, fitted.tape));
  const optimizer = owned.use(
    await compileOptimizer(gpu, memory, { control, settings, precision }),
  );
  const accumulation = owned.use(await GradientSum.compile(gpu, memory));
  const step = new GpuTrainingStep({
    gpu,
    images,
    masks,
    logits,
    registers,
    memory,
    batch: batchTape,
    forward: forwardLength,
    optimizer,
    accumulation,
    others: otherTensors(stateDict, slots),
    owned: owned.move(),
  });
  try {
    step.load({
      parameters: stateDict,
      moments: new Map(),
      step: 0,
      lossScale: precision === "f16" ? INITIAL_LOSS_SCALE : 1,
      steadySteps: 0,
    });
    return step;
  } catch (error) {
    step[Symbol.dispose]();
    throw error;
  }
}

/** The tensors of a state dict that are not trained. */
function otherTensors(
  stateDict: StateDict,
  { trained, statistics }: ParameterSlots,
): StateDict {
  const others = new Map(normalizeKeys(stateDict));
  for (const { name } of [...trained, ...statistics]) others.delete(name);
  return others;
}
