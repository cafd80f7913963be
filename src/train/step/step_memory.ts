import type { Gpu } from "../../gpu/gpu.ts";
import type { Precision } from "../../kernels/wgsl/specialize.ts";
import type { ParameterSlots } from "./parameter_slots.ts";
import { placeSlots, SlotMemory, type SlotPlaces } from "./slot_memory.ts";

/** What a training step keeps on the GPU from one batch to the next. */
export class StepMemory implements Disposable {
  /** Where the trained parameters lie in each of the memories below, but for the statistics. */
  readonly places: SlotPlaces;
  /** The parameters that Adam changes. */
  readonly parameters: SlotMemory;
  /** The parameters as kernels read them: with f16 storage copies that follow the parameters. */
  readonly stored: SlotMemory;
  /** The last batch's gradients, times the loss scale. */
  readonly gradients: SlotMemory;
  /** Adam's means of gradients. */
  readonly means: SlotMemory;
  /** Adam's means of squares. */
  readonly squares: SlotMemory;
  /** Running means and variances of batch norms. */
  readonly statistics: SlotMemory;

  /** Creates the memories, full of zeros. */
  constructor(
    gpu: Gpu,
    { trained, statistics }: ParameterSlots,
    { precision }: { readonly precision: Precision },
  ) {
    this.places = placeSlots(trained);
    const memory = (label: string) =>
      new SlotMemory(gpu, this.places, { label });
    this.parameters = memory("parameters");
    this.stored = precision === "f16"
      ? new SlotMemory(gpu, this.places, { label: "stored", precision })
      : this.parameters;
    this.gradients = memory("gradients");
    this.means = memory("means");
    this.squares = memory("squares");
    this.statistics = new SlotMemory(gpu, placeSlots(statistics), {
      label: "statistics",
    });
  }

  /** Writes a parameter, and the copy that kernels read. */
  writeParameter(name: string, values: Float32Array): void {
    this.parameters.write(name, values);
    if (this.stored !== this.parameters) this.stored.write(name, values);
  }

  get #all(): Set<SlotMemory> {
    const { parameters, stored, gradients, means, squares, statistics } = this;
    return new Set([
      parameters,
      stored,
      gradients,
      means,
      squares,
      statistics,
    ]);
  }

  /** Bytes on the GPU. */
  get bytes(): number {
    return [...this.#all].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Frees everything. */
  [Symbol.dispose](): void {
    for (const memory of this.#all) memory[Symbol.dispose]();
  }
}
