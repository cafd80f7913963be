import {
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertThrows,
} from "@std/assert";
import { tinyUnextOptions } from "../../tests/helpers/tiny_unext.ts";
import { buildGraph, nodesOf, parametersOf } from "../graph/graph.ts";
import { flopsOf } from "../graph/op.ts";
import { optimizeGraph } from "../graph/optimize_graph.ts";
import { unext } from "./unext.ts";
import { unext101Options, unext50Options } from "./unext_options.ts";

const published = {
  // Millions of parameters, including buffers; billions of multiply-adds at 256 and 1280 pixels.
  unext50: {
    options: unext50Options,
    parameters: 36.08,
    at256: 9.53,
    at1280: 238,
  },
  unext101: {
    options: unext101Options,
    parameters: 55.30,
    at256: 14.42,
    at1280: 360,
  },
};

for (
  const [name, { options, parameters, at256, at1280 }] of Object.entries(
    published,
  )
) {
  Deno.test(`unext() has the published number of parameters as ${name}`, () => {
    assertAlmostEquals(countAll(options) / 1e6, parameters, 0.005);
  });

  Deno.test(`unext() takes the published multiply-adds as ${name}`, () => {
    assertLess(Math.abs(multiplyAdds(options, 256) / 1e9 / at256 - 1), 0.01);
    assertLess(Math.abs(multiplyAdds(options, 1280) / 1e9 / at1280 - 1), 0.01);
  });
}

Deno.test("flopsOf() returns the same before and after rewriting", () => {
  const graph = graphOf(tinyUnextOptions, 64);
  const plain = sumFlops(graph);
  const skip = ["sinkResize"] as const; // which reduces them
  assertEquals(sumFlops(optimizeGraph(graph, { skip })), plain);
  assertLess(sumFlops(optimizeGraph(graph)), plain);
});

Deno.test("unext() returns all stages, the last at the size of the image", () => {
  const graph = buildGraph(
    { image: [2, 3, 64, 96] },
    ({ image }) => unext(image, tinyUnextOptions),
  );
  const shapes = Object.entries(graph.outputs).map((
    [name, { shape }],
  ) => [name, shape.join("×")]);
  assertEquals(Object.fromEntries(shapes), {
    enc0: "2×8×32×48",
    enc1: "2×16×16×24",
    enc2: "2×16×8×12",
    enc3: "2×32×4×6",
    enc4: "2×32×2×3",
    aspp: "2×16×2×3",
    dec4: "2×16×4×6",
    dec3: "2×16×8×12",
    dec2: "2×8×16×24",
    dec1: "2×8×32×48",
    fpn: "2×40×32×48",
    final_conv: "2×1×32×48",
    logits: "2×1×64×96",
  });
});

Deno.test("unext() has no global maximum with `globalPool: false`", () => {
  const graph = buildGraph(
    { image: [1, 3, 64, 64] },
    ({ image }) => ({
      logits: unext(image, { ...tinyUnextOptions, globalPool: false }).logits,
    }),
  );
  assertEquals(
    nodesOf(graph).some(({ op }) => op.name === "global_max_pool"),
    false,
  );
});

for (const [height, width] of [[64, 48], [80, 64], [16, 16], [1, 1]]) {
  Deno.test(`unext() refuses ${height}×${width}`, () => {
    assertThrows(
      () =>
        buildGraph(
          { image: [1, 3, height, width] },
          ({ image }) => unext(image, tinyUnextOptions),
        ),
      RangeError,
      `Cannot build UNeXt: height and width must be multiples of 32, received [${height}, ${width}]`,
    );
  });
}

function graphOf(options: typeof unext50Options, side: number) {
  return buildGraph(
    { image: [1, 3, side, side] },
    ({ image }) => ({ logits: unext(image, options).logits }),
  );
}

/**
 * As `sum(t.numel() for t in state_dict.values())` counts a checkpoint: running statistics, a counter for each batch norm, and
 * `aspp.conv1.weight`, which checkpoints hold though no layer reads it; it has the shape of the pyramid's output layer.
 */
function countAll(options: typeof unext50Options): number {
  const graph = graphOf(options, 64);
  const known = parametersOf(graph)
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
  const counters = nodesOf(graph).filter(({ op }) => op.name === "batch_norm");
  const { mid, out, dilations } = options.aspp;
  return known + counters.length + mid * (dilations.length + 2) * out;
}

function sumFlops(graph: Parameters<typeof nodesOf>[0]): number {
  return nodesOf(graph).reduce((sum, node) => sum + flopsOf(node), 0);
}

function multiplyAdds(options: typeof unext50Options, side: number): number {
  return sumFlops(graphOf(options, side)) / 2;
}
