import { assert, assertEquals, assertLess } from "@std/assert";
import { hardwareOf } from "../gpu/hardware.ts";
import type { Conv2dProblem, Conv2dVariant } from "./conv2d_problem.ts";
import { chooseVariant, variantsOf } from "./conv2d_variant.ts";
import { variantCost } from "./variant_cost.ts";

const limits = {
  maxComputeInvocationsPerWorkgroup: 1024,
  maxComputeWorkgroupStorageSize: 49_152,
};
const large = hardwareOf(
  { name: "NVIDIA L4", vendor: "NVIDIA", backend: "Vulkan", software: false },
  limits,
)!;
const problem: Conv2dProblem = {
  batch: 1,
  inputChannels: [512],
  outputChannels: 512,
  groups: 1,
  inputSize: [160, 160],
  outputSize: [160, 160],
  kernel: [1, 1],
  stride: 1,
  padding: 0,
  dilation: 1,
  bias: true,
  residual: false,
  relu: true,
  affine: false,
};
const shared = (rows: number, pixels: number, outputs: number) => ({
  algorithm: "shared" as const,
  tiling: {
    ...{ lanes: 16, rows, pixels, outputs },
    ...{ broadcast: false, literal: false },
  },
});
const cost = (of: Partial<Conv2dProblem>, variant: Conv2dVariant) =>
  variantCost({ ...problem, ...of }, variant, large);

Deno.test("variantCost() is not less than the arithmetic, nor than the traffic", () => {
  const products = 512 * 512 * 160 * 160;
  const bytes = 4 * (2 * 512 * 160 * 160 + 512 * 512);
  for (const variant of variantsOf(problem, { subgroupSize: 32 })) {
    const clocks = variantCost(problem, variant, large);
    assert(clocks >= products / (large.cores * 128));
    assert(clocks >= bytes / (large.cores * large.memoryBytes));
  }
});

Deno.test("variantCost() grows with the work", () => {
  const variant = shared(8, 8, 2);
  for (
    const more of [
      { batch: 2 },
      { inputChannels: [1024] },
      { outputChannels: 1024 },
      { outputSize: [320, 160], inputSize: [320, 160] },
      { kernel: [3, 3], padding: 1 },
    ] as const
  ) assertLess(cost({}, variant) * 1.8, cost(more, variant));
});

Deno.test("variantCost() prefers large tiles for large planes, and small ones where there are few", () => {
  const [wide, narrow] = [shared(16, 8, 2), shared(8, 4, 1)];
  assertLess(cost({}, wide), cost({}, narrow));
  const few = { outputSize: [8, 8], inputSize: [8, 8] } as const;
  assertLess(cost(few, narrow), cost(few, wide));
});

Deno.test("variantCost() takes Winograd where arithmetic bounds a layer, not where memory does", () => {
  const winograd = (of: Partial<Conv2dProblem>) =>
    chooseVariant({ ...problem, kernel: [3, 3], padding: 1, ...of }, {
      subgroupSize: 32,
      hardware: large,
    }).algorithm === "winograd";
  assert(winograd({}));
  const [width, height] = [1024, 1024];
  const size = [height, width] as const;
  const few = { inputChannels: [16], outputChannels: 16 };
  assert(!winograd({ ...few, inputSize: size, outputSize: size }));
});

Deno.test("chooseVariant() splits sums where a plane has too few workgroups for a GPU, and only there", () => {
  const chosen = (side: number) =>
    chooseVariant({
      ...problem,
      inputChannels: [2048],
      outputChannels: 256,
      inputSize: [side, side],
      outputSize: [side, side],
    }, { subgroupSize: 32, hardware: large });
  const few = chosen(16);
  assert(few.algorithm === "shared" && few.splits! > 1, JSON.stringify(few));
  assert(!("splits" in chosen(160)));
});

Deno.test("What exceeds a device's limits is never chosen", () => {
  const least = {
    ...large,
    threads: 128,
    workgroupBytes: 16_384,
  };
  assertEquals(variantCost(problem, shared(16, 8, 2), least), Infinity);
  assertEquals(
    variantCost(problem, shared(8, 8, 2), { ...least, workgroupBytes: 8192 }),
    Infinity,
  );
  const chosen = chooseVariant(problem, { subgroupSize: 0, hardware: least });
  assert(variantCost(problem, chosen, least) < Infinity);
});
