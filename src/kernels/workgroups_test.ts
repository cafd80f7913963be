import { assertEquals } from "@std/assert";
import type { Program } from "../gpu/program.ts";
import { blurTile, colorTile, equalizeTile, warpTile } from "./augment.ts";
import { insertZeros, subsample } from "./backward/data_gradient.ts";
import {
  activationBackward,
  globalMaxPoolBackward,
  maskGroups,
  maxPool2dBackward,
  maxPool2dWinners,
  pixelShuffleBackward,
  resizeBilinearBackward,
  sliceChannels,
} from "./backward/layers.ts";
import { activation, add, concat, leakyRelu } from "./elementwise.ts";
import {
  batchMoments,
  batchNorm,
  batchNormStatistics,
  dropout2d,
  weightNorm,
} from "./norm.ts";
import { adam, addTo, sumSquares } from "./optimizer.ts";
import { globalMaxPool, maxPool2d } from "./pool.ts";
import { pixelShuffle, resizeBilinear } from "./resize.ts";
import { accumulate, downsampleTile, finish, loadTile } from "./tile.ts";

type Groups = readonly number[];

function dispatches(
  program: (size: number) => Program,
  expected: readonly (readonly [size: number, groups: Groups])[],
): void {
  for (const [size, groups] of expected) {
    const { name, workgroups } = program(size);
    assertEquals(workgroups, groups, `${name} of ${size}`);
  }
}

const planes = 3;
/** A workgroup for 256 pixels, in each of three planes. */
const perPlane = [
  [1, [1, 3, 1]],
  [256, [1, 3, 1]],
  [257, [2, 3, 1]],
  [5120, [20, 3, 1]],
] as const;

Deno.test("Kernels over pixels dispatch a workgroup for 256 of them, plane by plane", () => {
  const size = (pixels: number) => [1, pixels] as const;
  const window = { planes, kernel: 1, stride: 1, padding: 0 };
  const sizes = (pixels: number) => ({
    inputSize: size(pixels),
    outputSize: size(pixels),
  });
  const programs: ((pixels: number) => Program)[] = [
    (pixels) => activation.program({ planes, pixels, function: "relu" }),
    (pixels) =>
      activationBackward.program({ planes, pixels, function: "sigmoid" }),
    (pixels) =>
      leakyRelu.program({ planes, pixels, slope: 0.1, backward: false }),
    (pixels) => add.program({ planes, pixels, relu: true }),
    (pixels) =>
      dropout2d.program({ planes, pixels, layer: 1, probability: 0.5 }),
    (pixels) => maxPool2d.program({ ...window, ...sizes(pixels) }),
    (pixels) => maxPool2dWinners.program({ ...window, ...sizes(pixels) }),
    (pixels) => maxPool2dBackward.program({ ...window, ...sizes(pixels) }),
    (pixels) =>
      subsample.program({
        planes,
        fullSize: [2, 2 * pixels],
        size: size(pixels),
        stride: 2,
      }),
    (pixels) =>
      insertZeros.program({
        ...{ planes, fullSize: size(pixels), size: size(pixels), stride: 1 },
        ...{ residual: false, mask: false },
      }),
  ];
  for (const program of programs) dispatches(program, perPlane);

  // Blocks of four channels along y, images along z.
  const blocks = perPlane.map(([pixels, [x]]) => [pixels, [x, 3, 2]] as const);
  dispatches(
    (pixels) => concat.program({ batch: 2, inputChannels: [4, 5], pixels }),
    blocks,
  );
  const shuffle = { batch: 2, factor: 1 };
  for (const channels of [9, 12]) {
    for (const kernel of [pixelShuffle, pixelShuffleBackward]) {
      dispatches(
        (pixels) =>
          kernel.program({
            ...shuffle,
            inputChannels: channels,
            inputSize: size(pixels),
          }),
        blocks,
      );
    }
  }
  const slice = { batch: 2, inputChannels: 40, start: 4, channels: 9 };
  dispatches((pixels) => sliceChannels.program({ ...slice, pixels }), blocks);
});

Deno.test("A pixel shuffle dispatches by its output, and its gradient by its input", () => {
  const params = { batch: 2, inputChannels: 36, factor: 2 } as const;
  const inputSize = [8, 8] as const;
  const dispatched = (kernel: typeof pixelShuffle) =>
    kernel.program({ ...params, inputSize }).workgroups;
  assertEquals(dispatched(pixelShuffle), [1, 3, 2]);
  assertEquals(dispatched(pixelShuffleBackward), [1, 9, 2]);
  const wider = { ...params, inputSize: [5, 13] } as const;
  assertEquals(pixelShuffle.program(wider).workgroups, [2, 3, 2]);
});

Deno.test("Kernels over planes dispatch workgroups for what they hold of each", () => {
  const relu = false;
  dispatches(
    (pixels) => batchNorm.program({ batch: 3, blocks: 3, pixels, relu }),
    [[1, [1, 2, 1]], [128, [1, 2, 1]], [129, [2, 2, 1]]],
  );
  dispatches(
    (blocks) => batchMoments.program({ batch: 2, blocks, pixels: 500 }),
    [[1, [1, 1, 1]], [4, [1, 1, 1]], [5, [2, 1, 1]]],
  );
  dispatches(
    (blocks) =>
      batchNormStatistics.program({
        ...{ batch: 2, blocks, pixels: 500 },
        epsilon: 1e-5,
      }),
    [[1, [1, 1, 1]], [64, [1, 1, 1]], [65, [2, 1, 1]]],
  );
  dispatches(
    (blocks) => weightNorm.program({ blocks, vectors: 36 }),
    [[1, [1, 1, 1]], [7, [7, 1, 1]]],
  );
  // A thread for a plane of 16 pixels, 8 for up to 512, a workgroup of 64 beyond.
  dispatches((pixels) => globalMaxPool.program({ planes: 65, pixels }), [
    [16, [2, 1, 1]],
    [17, [9, 1, 1]],
    [512, [9, 1, 1]],
    [513, [65, 1, 1]],
  ]);
  dispatches(
    (pixels) => globalMaxPoolBackward.program({ planes, pixels }),
    [[1, [1, 3, 1]], [900, [1, 3, 1]]],
  );
});

Deno.test("A bilinear resize dispatches up to 64 columns, and rows between neighbors; its gradient 64 inputs", () => {
  const inputSize = [5, 7] as const;
  const resize = (planes: number, columns: number) =>
    resizeBilinear.program({
      ...{ planes, inputSize, outputSize: [20, columns] },
    }).workgroups;
  assertEquals(resize(9, 64), [1, 9, 4]);
  assertEquals(resize(9, 65), [2, 9, 4]);
  assertEquals(resize(9, 8), [1, 2, 4]); // 8 planes of 8 columns
  assertEquals(resize(9, 9), [1, 3, 4]); // 4 of 16
  dispatches(
    (pixels) =>
      resizeBilinearBackward.program({
        ...{ planes, inputSize: [1, pixels], outputSize: [2, 2 * pixels] },
      }),
    [[64, [1, 3, 1]], [65, [2, 3, 1]]],
  );
});

Deno.test("Kernels over parameters dispatch workgroups of 256 vectors, sums of 64 times as many, masks of 64", () => {
  for (
    const program of [
      (vectors: number) => adam.program({ vectors, stored: false }),
      (vectors: number) => addTo.program({ vectors }),
    ]
  ) {
    dispatches(program, [
      [1, [1, 1, 1]],
      [256, [1, 1, 1]],
      [257, [2, 1, 1]],
    ]);
  }
  dispatches((vectors) => sumSquares.program({ vectors, first: 0 }), [
    [16384, [1, 1, 1]],
    [16385, [2, 1, 1]],
  ]);
  dispatches(
    (outputs) =>
      maskGroups.program({
        shape: { outputs, inputs: 8, kernel: [1, 1] },
        groups: 2,
      }),
    [[32, [1, 1, 1]], [33, [2, 1, 1]]],
  );
});

Deno.test("Kernels over tiles dispatch a workgroup for 256 threads", () => {
  const flip = { horizontal: false, vertical: true };
  const normalization = { mean: [0, 0, 0], std: [1, 1, 1] } as const;
  const one = [[16, [1, 1, 1]], [17, [2, 1, 1]], [272, [289, 1, 1]]] as const;
  dispatches((side) => downsampleTile.program({ side, factor: 2 }), one);
  dispatches((side) => warpTile.program({ side }), one);
  dispatches((side) => blurTile.program({ side, taps: 3 }), one);
  dispatches((side) => colorTile.program({ side, normalization }), one);
  dispatches((side) => equalizeTile.program({ side }), [[64, [64, 1, 1]]]);
  // Four pixels a thread, where rows are made of fours.
  const four = [[17, [2, 1, 1]], [32, [1, 1, 1]], [36, [2, 1, 1]]] as const;
  dispatches((side) => loadTile.program({ side, flip, normalization }), four);
  dispatches((side) => accumulate.program({ side, flip, weight: 1 }), four);
  dispatches(
    (span) => finish.program({ side: 48, center: 32, span, probability: true }),
    [[32, [1, 1, 1]], [33, [2, 1, 1]]],
  );
});
