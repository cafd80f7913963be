import {
  blocksOf,
  chooseTiling,
  type Conv2dParams,
  type Conv2dTiling,
  sumOfBlocks,
} from "../kernels/conv/conv2d.ts";

/** A convolution to compute by any variant. */
export type Conv2dProblem = Omit<Conv2dParams, "tiling">;

/** A way to compute a convolution. */
export type Conv2dVariant =
  /** `conv2d`: every product, several pixels and channels per thread. */
  | { readonly algorithm: "direct"; readonly tiling: Conv2dTiling }
  /** `conv2d_pointwise`: every product of a 1×1 convolution, pixels in pairs. */
  | { readonly algorithm: "pointwise"; readonly tiling: Conv2dTiling }
  /** `conv2d_shared`: every product, through workgroup memory. */
  | { readonly algorithm: "shared"; readonly tiling: Conv2dTiling }
  /** Winograd's F(4×4, 3×3): a quarter of the products, more memory traffic. The tiling is that of the products. */
  | {
    readonly algorithm: "winograd";
    readonly tiling: Conv2dTiling;
    /** Whether the products are computed through workgroup memory. Default: false. */
    readonly shared?: true;
    /** Whether the products are computed by `conv2d_pointwise`, for strips with an even number of tiles. Default: false. */
    readonly pointwise?: true;
  }
  /** `conv2d_patch`: threads hold patches of the input. */
  | { readonly algorithm: "patch" };

// Products per tile of 4×4 outputs: one for each of 6×6 points.
const POINTS = 36;

/** The device's part in the choice of a variant. */
export interface VariantOptions {
  /** Threads per subgroup; 0 if subgroups are unavailable. */
  readonly subgroupSize: number;
}

/** Chooses a variant by heuristics, without measuring. */
export function chooseVariant(
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

/** The variants worth measuring for a problem, that of the heuristics first. */
export function variantsOf(
  problem: Conv2dProblem,
  options: VariantOptions,
): readonly Conv2dVariant[] {
  const variants = [chooseVariant(problem, options)];
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

/** Tilings of `conv2d_shared` for a problem; none if a workgroup would span groups or be mostly idle. */
function sharedCutsOf(
  { outputChannels, groups, shuffle }: Conv2dProblem,
): Conv2dTiling[] {
  const groupOutputs = blocksOf(outputChannels / groups);
  const [lanes, rows] = [16, 8];
  return [2, 4]
    .filter((outputs) =>
      !shuffle && groupOutputs >= rows * outputs &&
      (groups === 1 || groupOutputs % (rows * outputs) === 0)
    )
    .flatMap((outputs) =>
      [4, 8].filter((pixels) => pixels * outputs <= 16).map((pixels) => ({
        lanes,
        rows,
        pixels,
        outputs,
        broadcast: false,
        literal: false,
      }))
    );
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

/** Tiles of 4×4 outputs in all images. */
export function winogradTiles({ batch, outputSize }: Conv2dProblem): number {
  const [down, across] = outputSize.map((length) => Math.ceil(length / 4));
  return batch * down * across;
}

/** Winograd's products for `tiles` tiles: a 1×1 convolution with a group per point. */
export function winogradProducts(
  { inputChannels, outputChannels }: Conv2dProblem,
  tiles: number,
): Conv2dProblem {
  const inputBlocks = sumOfBlocks(inputChannels);
  return {
    batch: 1,
    inputChannels: [POINTS * inputBlocks * 4],
    outputChannels: POINTS * blocksOf(outputChannels) * 4,
    groups: POINTS,
    inputSize: [1, tiles],
    outputSize: [1, tiles],
    kernel: [1, 1],
    stride: 1,
    padding: 0,
    dilation: 1,
    bias: false,
    residual: false,
    relu: false,
    affine: false,
  };
}
