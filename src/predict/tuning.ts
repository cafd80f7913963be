import type { Gpu } from "../gpu/gpu.ts";
import type { Conv2dProblem, Conv2dVariant } from "../graph/conv2d_problem.ts";
import { variantsOf } from "../graph/conv2d_variant.ts";
import { flopsOf } from "../graph/op.ts";
import { type Graph, nodesOf } from "../graph/graph.ts";
import { problemOf } from "../graph/convolution.ts";
import { convolutionOf, isConvolution } from "../graph/fused/fused_conv2d.ts";
import { measureVariants } from "../graph/measure_variants.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";

// The time of smaller layers does not matter.
const LEAST_FLOPS = 1e6;

/** Progress of {@linkcode Tuning.tune}. */
export interface TuningProgress {
  /** Shapes measured so far. */
  readonly done: number;
  /** Shapes to measure. */
  readonly total: number;
}

/** Options for {@linkcode Tuning.tune}. */
export interface TuneOptions {
  /** Storage of tensors and weights. */
  readonly precision: Precision;
  /** Called after each shape. */
  readonly onProgress?: (progress: TuningProgress) => void;
  /** Stops measuring, with the signal's reason; results so far are kept. */
  readonly signal?: AbortSignal;
}

/**
 * The fastest kernel for each convolution, as measured on this machine. Save it to a file: measuring takes seconds on a GPU,
 * and minutes on a software adapter. An entry is valid for one adapter, driver, runtime version, shape and precision;
 * entries that are no longer possible are ignored, and a heuristic chooses kernels without entries.
 *
 * @example
 * ```ts
 * import { Tuning } from "@tilewise/tilewise/predict";
 *
 * const tuning = Tuning.parse("not a tuning file"); // empty, and not an error
 * console.log(tuning.size); // 0
 * ```
 */
export class Tuning {
  readonly #entries: Map<string, string>;

  /** Starts empty. */
  constructor() {
    this.#entries = new Map();
  }

  /** Number of known shapes, of all devices. */
  get size(): number {
    return this.#entries.size;
  }

  /** Reads the text from {@linkcode Tuning.stringify}; anything else counts as empty. */
  static parse(text: string): Tuning {
    const tuning = new Tuning();
    try {
      const entries = Object.entries(JSON.parse(text) as unknown[]);
      for (const [key, value] of entries) {
        if (typeof value === "string") tuning.#entries.set(key, value);
      }
    } catch {
      // A truncated or edited file only costs measuring again.
    }
    return tuning;
  }

  /** All entries as JSON. */
  stringify(): string {
    return JSON.stringify(Object.fromEntries(this.#entries), null, 1);
  }

  /**
   * The fastest variant for a convolution on a device, if known.
   *
   * @internal
   */
  variantOf(
    gpu: Gpu,
    problem: Conv2dProblem,
    precision: Precision,
  ): Conv2dVariant | undefined {
    const known = this.#entries.get(keyOf(gpu, problem, precision));
    return known === undefined ? undefined : variantsOf(problem, gpu)
      .find((variant) => JSON.stringify(variant) === known);
  }

  /**
   * Measures the graphs' convolutions that are not known yet; resolves to the number of measured shapes.
   *
   * @internal
   */
  async tune(
    gpu: Gpu,
    graphs: readonly Graph[],
    { precision, onProgress, signal }: TuneOptions,
  ): Promise<number> {
    const missing = new Map<string, Conv2dProblem>();
    for (const node of graphs.flatMap(nodesOf)) {
      if (!isConvolution(node) || flopsOf(node) < LEAST_FLOPS) continue;
      const problem = problemOf(convolutionOf(node));
      if (!this.variantOf(gpu, problem, precision)) {
        missing.set(keyOf(gpu, problem, precision), problem);
      }
    }
    let done = 0;
    for (const [key, problem] of missing) {
      const options = { precision, signal };
      const variant = await measureVariants(gpu, problem, options);
      this.#entries.set(key, JSON.stringify(variant));
      onProgress?.({ done: ++done, total: missing.size });
    }
    return missing.size;
  }
}

function keyOf(gpu: Gpu, problem: Conv2dProblem, precision: Precision): string {
  const { inputChannels, inputSize, kernel, ...rest } = problem;
  const shape = [
    `${problem.batch}×${inputChannels.join("+")}×${inputSize.join("×")}`,
    `${rest.outputChannels} of ${kernel.join("×")}`,
    `stride ${rest.stride} padding ${rest.padding} dilation ${rest.dilation} groups ${rest.groups}`,
    ...(["bias", "residual", "relu", "affine", "shuffle"] as const)
      .filter((name) => rest[name]),
  ];
  return [gpu.identity, precision, ...shape].join(" | ");
}
