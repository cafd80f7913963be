/**
 * Which kernels are chosen on GPUs before any is measured: writes docs/kernels.md.
 *
 *     deno run --allow-read --allow-write=docs bench/variant_table.ts
 *
 * @module
 */
import { hardwareOf } from "../src/gpu/hardware.ts";
import type { AdapterDescription } from "../src/gpu/request_device.ts";
import type {
  Conv2dProblem,
  Conv2dVariant,
} from "../src/graph/conv2d_problem.ts";
import {
  chooseVariant,
  type VariantOptions,
} from "../src/graph/conv2d_variant.ts";
import { groupsOfVariant, trafficOf } from "../src/graph/variant_cost.ts";
import { problemOf } from "../src/graph/convolution.ts";
import {
  convolutionOf,
  isConvolution,
} from "../src/graph/fused/fused_conv2d.ts";
import { nodesOf } from "../src/graph/graph.ts";
import { flopsOf } from "../src/graph/op.ts";
import { optimizeGraph } from "../src/graph/optimize_graph.ts";
import { type Architecture, unext50 } from "../src/models/architecture.ts";
import { architectureGraph } from "../src/predict/read_network.ts";

/** Adapters as they describe themselves, with their limits. */
const ADAPTERS: Readonly<
  Record<
    string,
    Pick<AdapterDescription, "name" | "vendor" | "software"> & {
      readonly threads: number;
      readonly workgroupBytes: number;
      readonly subgroupSize: number;
    }
  >
> = {
  "H100": {
    name: "NVIDIA H100 80GB HBM3",
    vendor: "NVIDIA",
    software: false,
    threads: 1024,
    workgroupBytes: 49_152,
    subgroupSize: 32,
  },
  "M2": {
    name: "Apple M2",
    vendor: "Apple",
    software: false,
    threads: 1024,
    workgroupBytes: 32_768,
    subgroupSize: 32,
  },
  "Iris Xe": {
    name: "Intel(R) Iris(R) Xe Graphics (TGL GT2)",
    vendor: "Intel",
    software: false,
    threads: 1024,
    workgroupBytes: 49_152,
    subgroupSize: 0,
  },
  "llvmpipe": {
    name: "llvmpipe (LLVM 15.0.6, 256 bits)",
    vendor: "Mesa",
    software: true,
    threads: 1024,
    workgroupBytes: 32_768,
    subgroupSize: 8,
  },
};

/** What the choice knows of each made-up adapter, by a short name. */
export const DEVICES: Readonly<Record<string, VariantOptions>> = Object
  .fromEntries(
    Object.entries(ADAPTERS).map(([name, { subgroupSize, ...adapter }]) => [
      name,
      {
        subgroupSize,
        hardware: hardwareOf({ backend: "unknown", ...adapter }, {
          maxComputeInvocationsPerWorkgroup: adapter.threads,
          maxComputeWorkgroupStorageSize: adapter.workgroupBytes,
        }),
      },
    ]),
  );

/** A shape of convolution, with the layers that have it. */
export interface LayerShape {
  readonly problem: Conv2dProblem;
  readonly count: number;
  /** Operations of all of them, two per multiply-add. */
  readonly flops: number;
}

/** The shapes of a network's convolutions at a side, those with the most operations first. */
export function layerShapes(
  architecture: Architecture,
  side: number,
): LayerShape[] {
  const shapes = new Map<string, LayerShape>();
  const graph = optimizeGraph(architectureGraph(architecture, side));
  for (const node of nodesOf(graph).filter(isConvolution)) {
    const problem = problemOf(convolutionOf(node));
    const key = JSON.stringify(problem);
    const { count, flops } = shapes.get(key) ?? { count: 0, flops: 0 };
    shapes.set(key, {
      problem,
      count: count + 1,
      flops: flops + flopsOf(node),
    });
  }
  return [...shapes.values()].sort((a, b) => b.flops - a.flops);
}

/** A variant in a word, with the tile of a workgroup: pixels × channels. */
export function variantText(variant: Conv2dVariant): string {
  if (variant.algorithm === "patch") return "patch";
  const { lanes, rows, pixels, outputs } = variant.tiling;
  const tile = `${lanes * pixels}×${rows * outputs * 4}`;
  if (variant.algorithm === "shared") {
    const { double, splits } = variant;
    return `shared ${tile}${double ? ", double" : ""}${
      splits ? `, ${splits} parts` : ""
    }`;
  }
  if (variant.algorithm !== "winograd") return `${variant.algorithm} ${tile}`;
  const products = variant.shared
    ? "shared"
    : variant.pointwise
    ? "pointwise"
    : "direct";
  return `winograd, ${products} ${tile}`;
}

function shapeText({ problem, count }: LayerShape): string {
  const { inputChannels, outputChannels, groups, kernel, stride, dilation } =
    problem;
  return [
    `${inputChannels.join("+")} → ${outputChannels}`,
    `${kernel.join("×")}`,
    groups > 1 && `${groups} groups`,
    stride > 1 && `stride ${stride}`,
    dilation > 1 && `dilation ${dilation}`,
    `at ${problem.outputSize.join("×")}`,
    count > 1 && `(${count} layers)`,
  ].filter(Boolean).join(" ");
}

/** Peaks as their makers publish them: 32-bit operations and bytes a second; cores. */
const ROOFS = {
  "H100": { flops: 67e12, bytes: 3.35e12, cores: 132 },
  "Iris Xe": { flops: 2.1e12, bytes: 60e9, cores: 6 },
} as const;

/** A table of what bounds each layer at best, on a large and on a small GPU. */
function roofline(layers: readonly LayerShape[]): string[][] {
  const rows = layers.map(({ problem, count, flops }) => {
    const bytes = count * trafficOf(problem);
    const cells = Object.entries(ROOFS).flatMap(([name, roof]) => {
      const arithmetic = flops / roof.flops;
      const memory = bytes / roof.bytes;
      const variant = chooseVariant(problem, DEVICES[name]);
      return [
        (Math.max(arithmetic, memory) * 1e6).toFixed(0),
        arithmetic > memory ? "arithmetic" : "memory",
        (groupsOfVariant(problem, variant) / roof.cores).toFixed(1),
      ];
    });
    const megabytes = (bytes / 1e6).toFixed(0);
    const intensity = (flops / bytes).toFixed(0);
    return [
      shapeText({ problem, count, flops }),
      megabytes,
      intensity,
      ...cells,
    ];
  });
  const heads = Object.keys(ROOFS)
    .flatMap((name) => [`${name}, µs`, "bound by", "workgroups per core"]);
  const head = ["layers of UNeXt50 at 1280², f32", "MB", "FLOP/byte", ...heads];
  const rule = head.map((_, i) =>
    i === 0 || i % 3 === 1 && i > 3 ? "---" : "--:"
  );
  return [head, rule, ...rows];
}

/** The page docs/kernels.md. */
export function variantPage(): string {
  const names = Object.keys(DEVICES);
  const layers = layerShapes(unext50, 1280);
  const rows = layers.map((layer) => [
    shapeText(layer),
    (layer.flops / 1e9).toFixed(1),
    ...names.map((name) =>
      variantText(chooseVariant(layer.problem, DEVICES[name]))
    ),
  ]);
  const table = [["layers of UNeXt50 at 1280²", "GFLOP", ...names]]
    .concat([["---", "--:", ...names.map(() => "---")]], rows);
  const markdown = (cells: readonly (readonly string[])[]) =>
    cells.map((row) => `| ${row.join(" | ")} |`).join("\n");
  return PAGE.replace("TABLE", markdown(table))
    .replace("ROOFLINE", markdown(roofline(layers)));
}

const PAGE = `# Which kernels run

A convolution can be computed in several ways (\`src/graph/conv2d_variant.ts\`).
Which one is fastest depends on the GPU, so there are three answers:

1. What was measured on this machine, with this driver, for this shape: on GPUs
   at the first run of a shape, on software adapters with \`--tune\`. It is kept
   in the user's cache folder.
2. Without measurements, on GPUs, the estimate of \`src/graph/variant_cost.ts\`:
   the clocks that arithmetic, caches, memory, waits and dispatches take, for the
   number of cores of a class of GPUs (\`src/gpu/hardware.ts\`). WebGPU tells no
   speeds and no number of cores, so classes are told apart by names, and the
   estimate only ranks kernels. The eight that it ranks first are measured.
3. Without measurements, on software adapters, what was found to be fastest on
   two of them: wide tilings without workgroup memory, whose barriers are slow
   there.

The table shows the choice without measurements, for adapters that are made up of
a name and limits. \`direct 32×128\` is a workgroup that computes 32 pixels × 128
channels; \`shared\` goes through workgroup memory, in parts where workgroups
compute parts of the sums of a small plane, \`double\` with one buffer to fill
while the other is read, \`pointwise\` loads pixels in pairs, \`patch\` holds 6×6 pixels in registers, \`winograd\` computes tiles of 4×4
pixels with a quarter of the products. No figure here was measured on a GPU.

TABLE

## What bounds them

At best, a layer takes the longer of its arithmetic at the peak of 32-bit
operations and of its bytes (input, weight, output, each once) at the memory's
bandwidth. Winograd's layers can take less than their arithmetic says. Layers
with few workgroups per core leave some of them idle.

ROOFLINE
`;

if (import.meta.main) {
  const path = new URL("../docs/kernels.md", import.meta.url);
  await Deno.writeTextFile(path, variantPage());
}
