import type { Gpu } from "../../gpu/gpu.ts";
import type { Precision } from "../../kernels/wgsl/specialize.ts";
import type { ParameterSlots } from "./parameter_slots.ts";
import { placeSlots, SlotMemory, type SlotPlaces } from "./slot_memory.ts";

/** GPU memory of a training step that lives from batch to batch. */
export class StepMemory implements Disposable {
  /** Positions of the trained parameters, in all memories but `statistics`. */
  readonly places: SlotPlaces;
  /** Parameters that Adam updates. */
  readonly parameters: SlotMemory;
  /** Parameters that kernels read: with f16 storage, copies of `parameters`. */
  readonly stored: SlotMemory;
  /** Gradients of the last batch, times the loss scale. */
  readonly gradients: SlotMemory;
  /** Adam's first moments. */
  readonly means: SlotMemory;
  /** Adam's second moments. */
  readonly squares: SlotMemory;
  /** Running means and variances of batch norms. */
  readonly statistics: SlotMemory;

  /** Creates the memories, filled with zeros. */
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

  /** Writes a parameter, and its copy for kernels. */
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

  /** Bytes of GPU memory. */
  get bytes(): number {
    return [...this.#all].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Frees everything. */
  [Symbol.dispose](): void {
    for (const memory of this.#all) memory[Symbol.dispose]();
  }
}
