import type { Hardware } from "../gpu/hardware.ts";
import {
  blocksOf,
  type Conv2dTiling,
  sumOfBlocks,
} from "../kernels/conv/conv2d.ts";
import type { Conv2dProblem, Conv2dVariant } from "./conv2d_problem.ts";
import { partsBytes } from "./split_sums.ts";
import {
  winogradProducts,
  winogradStrips,
  winogradTiles,
} from "./winograd_strips.ts";

// A core of all classes: 128 multiply-adds and 128 bytes of its first cache or of workgroup memory in a clock, 32 bytes of
// the cache that all cores share, 65,536 registers, and waits of some hundred clocks for what is not near.
const FMAS = 128;
const NEAR_BYTES = 128;
const SHARED_CACHE_BYTES = 32;
const REGISTERS = 65_536;
const MOST_THREADS = 1536;
const SUBGROUP = 32;
const NEAR_WAIT = 120;
const FAR_WAIT = 500;
const BARRIER = 30;

const BLOCK = 16; // bytes of four values of 32 bits
/** Instructions beside a load: its address, and the bounds check that shaders are given. */
const LOAD_STEPS = 3;

/** What a workgroup costs in each step of its innermost loop. */
interface Step {
  /** Clocks of a core for the arithmetic of all threads. */
  readonly arithmetic: number;
  /** Clocks of a core's first cache or workgroup memory. */
  readonly near: number;
  /** Bytes from the cache that all cores share. */
  readonly bytes: number;
  /** Clocks that a thread waits if no other has work. */
  readonly wait: number;
}

/** A kernel as a number of equal workgroups. */
interface Work {
  readonly groups: number;
  readonly steps: number;
  readonly step: Step;
  /** Threads of a workgroup. */
  readonly threads: number;
  /** Registers of a thread. */
  readonly registers: number;
  /** Bytes of a workgroup's memory. Default: 0. */
  readonly workgroupBytes?: number;
}

/**
 * Estimates how long a variant takes on a GPU, in clocks: the most of arithmetic, first cache, shared cache and waits, for as
 * many workgroups as a core runs at a time, in whole rounds; not less than its memory traffic takes; and the time to begin
 * each dispatch. `Infinity` if the device's limits do not allow it.
 */
export function variantCost(
  problem: Conv2dProblem,
  variant: Conv2dVariant,
  hardware: Hardware,
): number {
  if (variant.algorithm === "winograd") {
    return winogradCost(problem, variant, hardware);
  }
  const cost = costOf(workOf(problem, variant), trafficOf(problem), hardware);
  if (variant.algorithm !== "shared" || !variant.splits) return cost;
  const { cores, memoryBytes, dispatch } = hardware;
  const bytes = 2 * partsBytes(problem, variant.splits); // written, and read
  return cost + bytes / (cores * memoryBytes) + dispatch;
}

/** Workgroups of the kernel that does a variant's products. */
export function groupsOfVariant(
  problem: Conv2dProblem,
  variant: Conv2dVariant,
): number {
  return variant.algorithm === "winograd"
    ? productsOf(problem, variant).groups
    : workOf(problem, variant).groups;
}

function workOf(
  problem: Conv2dProblem,
  variant: Exclude<Conv2dVariant, WinogradVariant>,
): Work {
  if (variant.algorithm === "patch") return patchWork(problem);
  return variant.algorithm === "shared"
    ? sharedWork(problem, variant)
    : directWork(problem, variant);
}

function costOf(
  { groups, steps, step, threads, registers, workgroupBytes = 0 }: Work,
  traffic: number,
  { cores, memoryBytes, dispatch, ...limits }: Hardware,
): number {
  if (threads > limits.threads || workgroupBytes > limits.workgroupBytes) {
    return Infinity;
  }
  // Threads that need more registers than there are keep values in memory.
  const spills = registers > 255 ? 3 : 1;
  const resident = Math.min(
    MOST_THREADS,
    REGISTERS / Math.min(registers, 255),
  );
  const together = Math.max(
    1,
    Math.min(
      Math.floor(resident / threads),
      workgroupBytes > 0 ? Math.floor(65_536 / workgroupBytes) : Infinity,
      Math.ceil(groups / cores),
    ),
  );
  const busy = Math.max(
    step.arithmetic * spills,
    step.near,
    step.bytes / SHARED_CACHE_BYTES,
  );
  const stepClocks = Math.max(busy * together, step.wait);
  const rounds = Math.ceil(groups / (cores * together));
  const clocks = rounds * (steps * stepClocks + FAR_WAIT);
  return Math.max(clocks, traffic / (cores * memoryBytes)) + dispatch;
}

/** Bytes that must come from memory, or go there: input, weight, output in 32 bits. */
export function trafficOf(problem: Conv2dProblem): number {
  const { batch, inputChannels, outputChannels, groups, kernel } = problem;
  const area = ([height, width]: readonly [number, number]) => height * width;
  const inputs = sumOfBlocks(inputChannels);
  const outputs = blocksOf(outputChannels);
  const weight = outputs * inputs / groups * 4 * area(kernel);
  const values = batch *
      (inputs * area(problem.inputSize) +
        outputs * area(problem.outputSize) * (problem.residual ? 2 : 1)) +
    weight;
  return values * BLOCK;
}

/** Workgroups of `pixels` × `blocks`. */
function groupsOf(
  { batch, outputChannels, outputSize: [height, width] }: Conv2dProblem,
  { pixels, blocks }: { readonly pixels: number; readonly blocks: number },
): number {
  return batch * Math.ceil(height * width / pixels) *
    Math.ceil(blocksOf(outputChannels) / blocks);
}

function stepsOf({ inputChannels, groups, kernel }: Conv2dProblem): number {
  return kernel[0] * kernel[1] * sumOfBlocks(inputChannels) / groups;
}

/** Clocks of the first cache for a load by all threads of a workgroup, whose subgroups read `distinct` blocks. */
function nearClocks(threads: number, distinct: number): number {
  return threads / SUBGROUP * Math.max(1, distinct * BLOCK / NEAR_BYTES);
}

/** `conv2d` and `conv2d_pointwise`: a step is a block of inputs at a tap; each thread loads its pixels and weights. */
function directWork(
  problem: Conv2dProblem,
  { algorithm, tiling }: {
    readonly algorithm: "direct" | "pointwise";
    readonly tiling: Conv2dTiling;
  },
): Work {
  const { lanes, rows, pixels, outputs } = tiling;
  const threads = lanes * rows;
  const weights = outputs * 4;
  const taps = problem.kernel[0] * problem.kernel[1];
  // A pair of blocks is one load.
  const loads = (pixels + weights) / (algorithm === "pointwise" ? 2 : 1);
  const checks = problem.padding > 0 ? 4 * pixels : 0;
  // Neighboring taps read what is in the cache already.
  const distinctPixels = lanes * pixels * (taps > 1 ? 3 / taps : 1);
  return {
    groups: groupsOf(problem, {
      pixels: lanes * pixels,
      blocks: rows * outputs,
    }),
    steps: stepsOf(problem),
    threads,
    registers: 4 * pixels * outputs + 4 * pixels + 4 * weights + 24,
    step: {
      arithmetic: threads / FMAS *
        (pixels * outputs * 16 + LOAD_STEPS * loads + checks),
      near: pixels * nearClocks(threads, Math.min(lanes, SUBGROUP)) +
        weights * nearClocks(threads, SUBGROUP / Math.min(lanes, SUBGROUP)),
      bytes: (distinctPixels + rows * weights) * BLOCK,
      wait: NEAR_WAIT,
    },
  };
}

/** `conv2d_shared`: a step is four blocks of inputs at a tap, through workgroup memory. */
function sharedWork(
  problem: Conv2dProblem,
  { tiling, splits = 1, double = false }: {
    readonly tiling: Conv2dTiling;
    readonly splits?: number;
    readonly double?: boolean;
  },
): Work {
  const { lanes, rows, pixels, outputs } = tiling;
  const depth = 4;
  const threads = lanes * rows;
  const weights = outputs * 4;
  const tile = (lanes * pixels + rows * weights) * depth;
  const taps = problem.kernel[0] * problem.kernel[1];
  const { inputChannels, groups } = problem;
  const steps = taps *
    inputChannels.reduce(
      (sum, channels) =>
        sum + Math.ceil(blocksOf(channels) / groups / (depth * splits)),
      0,
    );
  return {
    groups: splits * groupsOf(problem, {
      pixels: lanes * pixels,
      blocks: rows * outputs,
    }),
    steps,
    threads,
    registers: 4 * pixels * outputs + 4 * pixels + 40,
    workgroupBytes: tile * BLOCK * (double ? 2 : 1),
    step: {
      arithmetic: threads / FMAS * depth *
          (pixels * outputs * 16 + pixels + weights) +
        tile * 8 / FMAS + (double ? 1 : 2) * BARRIER,
      near: 2 * tile * BLOCK / NEAR_BYTES +
        depth *
          (pixels * nearClocks(threads, lanes) +
            weights * nearClocks(threads, SUBGROUP / lanes)),
      bytes: tile * BLOCK,
      // Of two buffers, one is filled while other threads still multiply.
      wait: double ? FAR_WAIT / 2 : FAR_WAIT,
    },
  };
}

/** `conv2d_patch`: a step is a block of inputs; a thread loads 6×6 pixels and 9 blocks of weights for 4×4 pixels. */
function patchWork(problem: Conv2dProblem): Work {
  const [lanes, rows, loads, weights] = [8, 8, 36, 36];
  const threads = lanes * rows;
  const { batch, outputSize: [height, width], outputChannels } = problem;
  const tiles = Math.ceil(height / 4) * Math.ceil(width / 4);
  return {
    groups: batch * Math.ceil(tiles / lanes) *
      Math.ceil(blocksOf(outputChannels) / rows),
    steps: stepsOf(problem) / 9,
    threads,
    registers: 4 * (16 + loads) + 16 + 24,
    step: {
      arithmetic: threads / FMAS *
        (16 * 9 * 16 + LOAD_STEPS * (loads + weights) + 4 * loads),
      near: loads * nearClocks(threads, 4 * lanes) +
        weights * nearClocks(threads, SUBGROUP / lanes),
      bytes: (lanes * loads + rows * weights) * BLOCK,
      wait: NEAR_WAIT + FAR_WAIT,
    },
  };
}

type WinogradVariant = Conv2dVariant & { readonly algorithm: "winograd" };

/** A strip's products: a 1×1 convolution of 36 groups. */
function productsOf(
  problem: Conv2dProblem,
  { tiling, shared, pointwise }: WinogradVariant,
): Work {
  const { strips: { length } } = winogradStrips(problem, "f32");
  const tiles = Math.ceil(winogradTiles(problem) / length);
  const products = winogradProducts(problem, tiles);
  const algorithm = pointwise ? "pointwise" : "direct";
  return shared
    ? sharedWork(products, { tiling })
    : directWork(products, { algorithm, tiling });
}

/** Winograd's strips: products, between transforms that memory bounds. */
function winogradCost(
  problem: Conv2dProblem,
  variant: WinogradVariant,
  hardware: Hardware,
): number {
  const { strips } = winogradStrips(problem, "f32");
  const count = winogradTiles(problem) / strips.length;
  // Strips are small enough to stay in the shared cache.
  const multiply = costOf(productsOf(problem, variant), 0, hardware);
  const inputs = sumOfBlocks(problem.inputChannels);
  const outputs = blocksOf(problem.outputChannels);
  const bytes = count * BLOCK *
    ((16 + 36) * inputs + (36 + 16 * (problem.residual ? 2 : 1)) * outputs);
  // A thread transforms one tile of one block: memory, and some of the cores' time.
  const transforms = bytes / (hardware.cores * hardware.memoryBytes * 2) +
    (1 + problem.inputChannels.length) * hardware.dispatch;
  return strips.length * (multiply + transforms);
}
