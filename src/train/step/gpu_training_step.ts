import type { BufferRange, Gpu } from "../../gpu/gpu.ts";
import type { Step } from "../../graph/compile_graphs.ts";
import { matchStateDict } from "../../weights/match_state_dict.ts";
import { type StateDict, toFloat32 } from "../../weights/tensor_data.ts";
import type { TrainingState } from "../train_event.ts";
import type {
  AccumulateOptions,
  BatchResult,
  CompiledTraining,
  OptimizerOptions,
  UpdateResult,
} from "../training_step.ts";
import {
  checkOptimizerOptions,
  packSettings,
  recordSteps,
} from "./compile_optimizer.ts";
import type { GradientSum } from "./gradients.ts";
import type { SlotMemory } from "./slot_memory.ts";
import type { StepMemory } from "./step_memory.ts";
import {
  CONTROL_BYTES,
  ResultReader,
  type StepRegisters,
  unpackControl,
} from "./step_registers.ts";
import type { CompiledTape } from "./tape.ts";

const MEAN = ".exp_avg";
const SQUARE = ".exp_avg_sq";

/** What a {@linkcode GpuTrainingStep} is made of. */
export interface GpuTrainingStepParts {
  /** The device. */
  readonly gpu: Gpu;
  /** Where the images go. */
  readonly images: BufferRange;
  /** Where the masks go. */
  readonly masks: BufferRange;
  /** Where the logits of the last batch lie. */
  readonly logits: BufferRange;
  /** Where seed, weight, settings, loss and the optimizer's state lie. */
  readonly registers: StepRegisters;
  /** Parameters, gradients and moments. */
  readonly memory: StepMemory;
  /** Forward and backward. */
  readonly batch: CompiledTape;
  /** How many of their steps are the forward pass. */
  readonly forward: number;
  /** Adam. */
  readonly optimizer: CompiledTape;
  /** Adds gradients of earlier batches to those of the last. */
  readonly accumulation: GradientSum;
  /** What the state dict held beside what is trained. */
  readonly others: StateDict;
  /** What the step disposes of: all of it but the device. */
  readonly owned: DisposableStack;
}

/** What `compileTraining()` makes. */
export class GpuTrainingStep implements CompiledTraining {
  /** Where the images go: [N][1][H][W] of (red, green, blue, 0), normalized, in the step's storage precision. */
  readonly images: BufferRange;
  /** Where the masks go: [N][H][W] of f32, 0 to 1. */
  readonly masks: BufferRange;
  /** The logits of the last batch: [N][1][H][W] of (logit, 0, 0, 0), in the step's storage precision. */
  readonly logits: BufferRange;
  /** The dispatches of forward and backward, to profile them. */
  readonly steps: readonly Step[];
  /** Bytes on the GPU. */
  readonly bytes: number;
  readonly #all: GpuTrainingStepParts;
  readonly #results: ResultReader;

  /** Made by `compileTraining()`. */
  constructor(parts: GpuTrainingStepParts) {
    const { gpu, images, masks, logits, batch, memory, optimizer } = parts;
    this.#all = parts;
    this.images = images;
    this.masks = masks;
    this.logits = logits;
    this.steps = batch.steps;
    this.bytes = images.size + masks.size + batch.bytes + memory.bytes +
      optimizer.bytes;
    this.#results = new ResultReader(gpu, CONTROL_BYTES);
  }

  get #parts(): GpuTrainingStepParts {
    if (!this.#all.owned.disposed) return this.#all;
    throw new Error("Cannot use the training step: it was disposed");
  }

  /**
   * Runs forward and backward on what lies in {@linkcode GpuTrainingStep.images} and {@linkcode GpuTrainingStep.masks}; gradients
   * are added to those since the last update. Running statistics move, too.
   *
   * @throws {RangeError} where the weight is not a positive number.
   */
  async accumulate(
    { seed, weight = 1 }: AccumulateOptions,
  ): Promise<BatchResult> {
    if (!(weight > 0 && weight < Infinity)) {
      throw new RangeError(
        `Cannot accumulate as weight must be a positive number: received ${weight}`,
      );
    }
    const { gpu, registers, batch, accumulation } = this.#parts;
    gpu.check();
    registers.writeBatch({ seed, weight });
    const encoder = gpu.encoder("training.batch");
    accumulation.stash(encoder);
    recordSteps(encoder, batch.steps);
    const bytes = await this.#results.submit(encoder, registers.loss);
    const [loss] = new Float32Array(bytes);
    return { loss, finite: Number.isFinite(loss) };
  }

  /** Submits the forward pass alone; running statistics move. */
  forward({ seed }: Pick<AccumulateOptions, "seed">): void {
    const { gpu, registers, batch, forward } = this.#parts;
    gpu.check();
    registers.writeBatch({ seed, weight: 1 });
    const encoder = gpu.encoder("training.forward");
    recordSteps(encoder, batch.steps.slice(0, forward));
    gpu.submit(encoder);
  }

  /**
   * Clips the gradients to the global norm, applies Adam with coupled weight decay, and starts over with no gradients.
   * Where a gradient is not finite, nothing is changed but the loss scale, which is halved.
   *
   * @throws {RangeError} where an option is out of its range.
   * @throws {TypeError} where there are no gradients, as no batch was run since the last update.
   */
  async update(options: OptimizerOptions): Promise<UpdateResult> {
    checkOptimizerOptions(options);
    const { gpu, registers, optimizer, accumulation } = this.#parts;
    gpu.check();
    registers.writeSettings(packSettings(options));
    const encoder = gpu.encoder("training.update");
    accumulation.finish(encoder);
    recordSteps(encoder, optimizer.steps);
    const bytes = await this.#results.submit(encoder, registers.control);
    const { norm, applied } = unpackControl(bytes);
    return { norm, applied };
  }

  /** Reads back the gradients since the last update, without the loss scale, by the parameters' keys. */
  async gradients(): Promise<StateDict> {
    const { gpu, registers, memory, accumulation } = this.#parts;
    const [control, last, before] = await Promise.all([
      gpu.read(registers.control),
      memory.gradients.read(),
      accumulation.read(),
    ]);
    const { lossScale } = unpackControl(control);
    for (const [name, values] of last) {
      const sum = before?.get(name);
      values.forEach((value, i) =>
        values[i] = (value + (sum?.[i] ?? 0)) / lossScale
      );
    }
    return memory.parameters.tensors(last);
  }

  /** Reads back all that the step remembers, as it is after what was queued so far. Gradients are not part of it. */
  async state(): Promise<TrainingState> {
    const { gpu, registers, memory, others } = this.#parts;
    const [control, parameters, statistics, means, squares] = await Promise.all(
      [
        gpu.read(registers.control),
        memory.parameters.read(),
        memory.statistics.read(),
        memory.means.read(),
        memory.squares.read(),
      ],
    );
    const { steps, lossScale, steadySteps } = unpackControl(control);
    return {
      parameters: new Map([
        ...memory.parameters.tensors(parameters),
        ...memory.statistics.tensors(statistics),
        ...others,
      ]),
      moments: new Map([
        ...memory.means.tensors(means, MEAN),
        ...memory.squares.tensors(squares, SQUARE),
      ]),
      step: steps,
      lossScale,
      steadySteps,
    };
  }

  /**
   * Goes on from a state, with no gradients.
   *
   * @throws {StateDictError} where a tensor is missing or of another shape.
   */
  load({ parameters, moments, ...state }: TrainingState): void {
    const { registers, memory, accumulation } = this.#parts;
    const values = (
      stateDict: StateDict,
      slots: SlotMemory,
      suffix = "",
    ): Map<string, Float32Array> => {
      const expected = slots.slots
        .map(({ name, shape }) => ({ name: `${name}${suffix}`, shape }));
      const ignore = () => true;
      return new Map(
        [...matchStateDict(stateDict, expected, { ignore })].map(
          ([key, tensor]) => [
            key.slice(0, key.length - suffix.length),
            toFloat32(tensor),
          ],
        ),
      );
    };
    const trained = values(parameters, memory.parameters);
    const statistics = values(parameters, memory.statistics);
    const empty = moments.size === 0;
    const means = empty ? undefined : values(moments, memory.means, MEAN);
    const squares = empty ? undefined : values(moments, memory.squares, SQUARE);
    // Everything fits: only now is anything changed.
    for (const [name, of] of trained) memory.writeParameter(name, of);
    for (const [name, of] of statistics) memory.statistics.write(name, of);
    for (
      const [slots, all] of [[memory.means, means], [
        memory.squares,
        squares,
      ]] as const
    ) {
      if (all) { for (const [name, of] of all) slots.write(name, of); }
      else slots.clear();
    }
    registers.writeControl(state);
    accumulation.reset();
  }

  /** Frees everything. */
  [Symbol.dispose](): void {
    this.#results[Symbol.dispose]();
    this.#all.owned[Symbol.dispose]();
  }
}
