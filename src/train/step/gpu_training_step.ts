import { cannot } from "../../errors/cannot.ts";
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

/** Parts of a {@linkcode GpuTrainingStep}. */
export interface GpuTrainingStepParts {
  readonly gpu: Gpu;
  readonly images: BufferRange;
  readonly masks: BufferRange;
  readonly logits: BufferRange;
  readonly registers: StepRegisters;
  readonly memory: StepMemory;
  /** Forward and backward pass. */
  readonly batch: CompiledTape;
  /** Number of steps in the forward pass, which come first. */
  readonly forward: number;
  readonly optimizer: CompiledTape;
  readonly accumulation: GradientSum;
  /** Tensors of the state dict that are not trained. */
  readonly others: StateDict;
  /** Resources that the step disposes of: all but the device. */
  readonly owned: DisposableStack;
}

/** The training step that `compileTraining()` creates. */
export class GpuTrainingStep implements CompiledTraining {
  readonly images: BufferRange;
  readonly masks: BufferRange;
  readonly logits: BufferRange;
  /** Dispatches of the forward and backward pass, for profiling. */
  readonly steps: readonly Step[];
  readonly bytes: number;
  readonly #all: GpuTrainingStepParts;
  readonly #results: ResultReader;

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
    throw cannot("use the training step", "it was disposed");
  }

  /**
   * See {@linkcode CompiledTraining}. Also updates the running statistics.
   *
   * @throws {RangeError} If the weight is not a positive number.
   */
  async accumulate(
    { seed, weight = 1 }: AccumulateOptions,
  ): Promise<BatchResult> {
    if (!(weight > 0 && weight < Infinity)) {
      throw cannot("accumulate gradients", "weight must be a positive number", {
        received: weight,
        kind: RangeError,
      });
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

  forward({ seed }: Pick<AccumulateOptions, "seed">): void {
    const { gpu, registers, batch, forward } = this.#parts;
    gpu.check();
    registers.writeBatch({ seed, weight: 1 });
    const encoder = gpu.encoder("training.forward");
    recordSteps(encoder, batch.steps.slice(0, forward));
    gpu.submit(encoder);
  }

  /**
   * See {@linkcode CompiledTraining}.
   *
   * @throws {RangeError} If an option is out of range.
   * @throws {TypeError} If no batch was accumulated since the last update.
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

  /** Gradients are not part of the state. */
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
   * Loads a state, and resets the gradients.
   *
   * @throws {StateDictError} If a tensor is missing or has another shape.
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
    // Everything fits, so nothing fails from here on.
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

  [Symbol.dispose](): void {
    this.#results[Symbol.dispose]();
    this.#all.owned[Symbol.dispose]();
  }
}
