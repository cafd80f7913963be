import type { Hardware } from "../gpu/hardware.ts";
import {
  blocksOf,
  chooseTiling,
  type Conv2dTiling,
} from "../kernels/conv/conv2d.ts";
import type { Conv2dProblem, Conv2dVariant } from "./conv2d_problem.ts";
import { splitsOf } from "./split_sums.ts";
import { variantCost } from "./variant_cost.ts";
import { winogradProducts, winogradTiles } from "./winograd_strips.ts";

/** The device's part in the choice of a variant. */
export interface VariantOptions {
  /** Threads per subgroup; 0 if subgroups are unavailable. */
  readonly subgroupSize: number;
  /** What the GPU is; none for software adapters. */
  readonly hardware?: Hardware;
}

/** Variants that are measured on a GPU: of each kind of kernel, those that the estimate finds fastest. */
const MOST_MEASURED = { all: 8, kind: 2 };

/** Chooses a variant without measuring: on GPUs by an estimate, on software adapters by what was found to be fast on them. */
export function chooseVariant(
  problem: Conv2dProblem,
  options: VariantOptions,
): Conv2dVariant {
  return options.hardware
    ? byCost(problem, { ...options, hardware: options.hardware })[0]
    : chooseForSoftware(problem, options);
}

/** The variants worth measuring for a problem, the chosen one first. */
export function contendersOf(
  problem: Conv2dProblem,
  options: VariantOptions,
): readonly Conv2dVariant[] {
  const { hardware } = options;
  if (!hardware) return variantsOf(problem, options);
  const counts = new Map<string, number>();
  return byCost(problem, { ...options, hardware }).filter((variant) => {
    const kind = JSON.stringify({
      ...variant,
      tiling: undefined,
      splits: undefined,
    });
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return count <= MOST_MEASURED.kind;
  }).slice(0, MOST_MEASURED.all);
}

/** All variants that the device allows, the fastest by estimate first. */
function byCost(
  problem: Conv2dProblem,
  options: VariantOptions & { readonly hardware: Hardware },
): Conv2dVariant[] {
  return variantsOf(problem, options)
    .map((variant) => ({
      variant,
      cost: variantCost(problem, variant, options.hardware),
    }))
    .filter(({ cost }) => cost < Infinity)
    .sort((a, b) => a.cost - b.cost)
    .map(({ variant }) => variant);
}

function chooseForSoftware(
  problem: Conv2dProblem,
  options: VariantOptions,
): Conv2dVariant {
  const { inputChannels, outputChannels, groups, outputSize } = problem;
  const inputs = inputChannels.reduce((sum, channels) => sum + channels, 0);
  const tiles = winogradTiles(problem);
  if (
    takesWinograd(problem) && inputs >= 16 && outputChannels >= 16 &&
    tiles >= 16
  ) {
    const products = winogradProducts(problem, tiles);
    const tiling = choosePairs(products, options);
    return tiling
      ? { algorithm: "winograd", tiling, pointwise: true }
      : { algorithm: "winograd", tiling: chooseTiling(products, options) };
  }
  // With few channels per group, loads cost more than products. Only threads that share the weights have registers left for
  // patches; without sharing, SwiftShader compiles for minutes.
  if (
    takesPatch(problem) && options.subgroupSize === 8 &&
    groups > 1 && inputs / groups <= 8 &&
    outputSize[0] * outputSize[1] >= 512
  ) return { algorithm: "patch" };
  const tiling = choosePairs(problem, options);
  return tiling ? { algorithm: "pointwise", tiling } : {
    algorithm: "direct",
    tiling: widened(problem, chooseTiling(problem, options)),
  };
}

/** Widens the tiling of threads that share weights if there are no groups: software adapters do better spilling than loading twice. */
function widened(
  { outputChannels, groups, outputSize: [height, width] }: Conv2dProblem,
  tiling: Conv2dTiling,
): Conv2dTiling {
  const blocks = blocksOf(outputChannels);
  const fits = groups === 1 && blocks % 8 === 0 &&
    height * width >= tiling.lanes * 8;
  return tiling.broadcast && fits
    ? {
      ...tiling,
      outputs: 8,
      pixels: 8,
      rows: Math.min(2, blocks / 8),
    }
    : tiling;
}

/**
 * Returns a tiling of `conv2d_pointwise` if it is likely to be the fastest: if threads share weights, and the pixels fill
 * tiles. Each input has its own loop, so with many inputs the widest tiling takes too long to compile.
 */
export function choosePairs(
  problem: Conv2dProblem,
  options: VariantOptions,
): Conv2dTiling | undefined {
  const { inputChannels, outputSize: [height, width] } = problem;
  const most = inputChannels.length > 2 ? 4 : 8;
  return pairedCutsOf(problem, options).find(({ broadcast, lanes, pixels }) =>
    broadcast && pixels <= most && height * width >= lanes * pixels
  );
}

/** All variants that support a problem, that of software adapters first. */
export function variantsOf(
  problem: Conv2dProblem,
  options: VariantOptions,
): readonly Conv2dVariant[] {
  const variants = [chooseForSoftware(problem, options)];
  const tiling = chooseTiling(problem, options);
  for (const cut of cutsOf(tiling, problem)) {
    variants.push({ algorithm: "direct", tiling: cut });
  }
  for (const cut of pairedCutsOf(problem, options)) {
    variants.push({ algorithm: "pointwise", tiling: cut });
  }
  if (takesWinograd(problem)) {
    const products = winogradProducts(problem, winogradTiles(problem));
    for (const cut of cutsOf(chooseTiling(products, options), products)) {
      variants.push({ algorithm: "winograd", tiling: cut });
    }
    for (const cut of pairedCutsOf(products, options)) {
      variants.push({ algorithm: "winograd", tiling: cut, pointwise: true });
    }
    for (const cut of sharedCutsOf(products)) {
      variants.push({ algorithm: "winograd", tiling: cut, shared: true });
    }
  }
  for (const cut of sharedCutsOf(problem)) {
    variants.push({ algorithm: "shared", tiling: cut });
    // Software adapters have few cores to fill, and no time to wait for.
    if (!options.hardware) continue;
    variants.push({ algorithm: "shared", tiling: cut, double: true });
    for (const splits of splitsOf(problem)) {
      const parts = { algorithm: "shared", tiling: cut, splits } as const;
      variants.push(parts, { ...parts, double: true });
    }
  }
  if (takesPatch(problem)) variants.push({ algorithm: "patch" });
  const different = new Map(variants.map((one) => [JSON.stringify(one), one]));
  return [...different.values()];
}

/** Tilings similar to the given one. */
function cutsOf(
  tiling: Conv2dTiling,
  { outputChannels, groups, shuffle }: Conv2dProblem,
): Conv2dTiling[] {
  const groupOutputs = blocksOf(outputChannels / groups);
  const widths = [8, 4, 2, 1].filter((n) =>
    groupOutputs % n === 0 && (!shuffle || n >= 4)
  );
  // Narrow tilings load each weight and pixel too often; wide ones run out of registers.
  return widths.slice(0, 2).flatMap((outputs) =>
    [2, 4, 8]
      .filter((pixels) => pixels * outputs >= 8 && pixels * outputs <= 32)
      .map((pixels) => {
        const most = groupOutputs * groups / outputs;
        return {
          ...tiling,
          outputs,
          pixels,
          rows: Math.min(8, 32 / outputs, most),
        };
      })
  );
}

/** Tilings of `conv2d_pointwise` if it supports the problem, those with the fewest loads first. */
function pairedCutsOf(
  problem: Conv2dProblem,
  options: VariantOptions,
): Conv2dTiling[] {
  const { kernel, stride, padding, outputSize, shuffle } = problem;
  const [height, width] = outputSize;
  if (
    shuffle || kernel[0] > 1 || kernel[1] > 1 || stride > 1 || padding > 0 ||
    height * width % 2 > 0
  ) return [];
  const tiling = chooseTiling(problem, options);
  return [8, 4, 2].map((pixels) => ({
    ...tiling,
    pixels,
    rows: Math.min(tiling.rows, 128 / (pixels * tiling.outputs)),
  }));
}

/** Tiles of pixels × channels of `conv2d_shared`: 64×64, 64×128, 128×64, 64×32, 128×32, 128×128. */
const SHARED_CUTS = [
  { rows: 8, outputs: 2, pixels: 4 },
  { rows: 8, outputs: 4, pixels: 4 },
  { rows: 8, outputs: 2, pixels: 8 },
  { rows: 8, outputs: 1, pixels: 4 },
  { rows: 8, outputs: 1, pixels: 8 },
  { rows: 16, outputs: 2, pixels: 8 },
];

/** Tilings of `conv2d_shared` for a problem; none if a workgroup would span groups or be mostly idle. */
function sharedCutsOf(
  { outputChannels, groups, shuffle }: Conv2dProblem,
): Conv2dTiling[] {
  const groupOutputs = blocksOf(outputChannels / groups);
  return SHARED_CUTS
    .filter(({ rows, outputs }) =>
      !shuffle && groupOutputs >= rows * outputs &&
      (groups === 1 || groupOutputs % (rows * outputs) === 0)
    )
    .map((cut) => ({ ...cut, lanes: 16, broadcast: false, literal: false }));
}

/** Whether Winograd's algorithm supports the problem. */
function takesWinograd(
  { groups, kernel, stride, dilation, shuffle }: Conv2dProblem,
) {
  return !shuffle && groups === 1 && kernel[0] === 3 && kernel[1] === 3 &&
    stride === 1 &&
    dilation === 1;
}

/** Whether `conv2d_patch` supports the problem. */
function takesPatch(
  { inputChannels, kernel, stride, dilation, shuffle }: Conv2dProblem,
) {
  return !shuffle && inputChannels.length === 1 && kernel[0] === 3 &&
    kernel[1] === 3 &&
    stride === 1 && dilation === 1;
}
