import type { Convolution } from "../src/graph/convolution.ts";
import {
  convolutionOf,
  isConvolution,
} from "../src/graph/fused/fused_conv2d.ts";
import { nodesOf } from "../src/graph/graph.ts";
import { unext101, unext50 } from "../src/models/architecture.ts";
import { architectureGraph } from "../src/predict/read_network.ts";
import { parseBenchOptions } from "./bench_options.ts";
import { parseKernelTimes } from "./kernel_log.ts";
import { layerCases } from "./layer_cases.ts";
import { main } from "./main.ts";
import type { BenchReport } from "./report.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";

const adapter = await navigator.gpu?.requestAdapter();

Deno.test({
  name: "main() prints a report as JSON (needs a GPU adapter)",
  ignore: !adapter,
  async fn() {
    const printed: string[] = [];
    await main(["--short", "--json", "--peer", "none"], {
      print: (text) => printed.push(text),
      note: () => {},
    });
    const report: BenchReport = JSON.parse(printed.join("\n"));
    assert(report.adapter.length > 0);
    assertEquals(report.deno, Deno.version.deno);
    assertEquals(report.rows.length, 2 * 3 + 2);
    for (const row of report.rows) {
      assert(row.ms > 0 && row.gflops > 0, JSON.stringify(row));
      assertEquals(row.size, 64);
      assertEquals([row.peer, row.peerMs, row.ratio], [null, null, null]);
    }
    const networks = report.rows.filter(({ suite }) => suite === "network");
    assertEquals(
      networks.map(({ name, precision }) => [name, precision]),
      [["tiny", "f32"], ["tiny", "f16"]],
    );
  },
});

Deno.test("main() times decoding without a GPU", async () => {
  const printed: string[] = [];
  const notes: string[] = [];
  const args = ["--suite", "decode", "--short", "--json", "--runs", "1"];
  await main(args, {
    print: (text) => printed.push(text),
    note: (text) => notes.push(text),
  });
  const report: BenchReport = JSON.parse(printed.join("\n"));
  assertEquals(report.rows.map(({ name, peer }) => `${name} vs. ${peer}`), [
    "JPEG tiles, pool vs. geotiff",
    "JPEG tiles, one thread vs. geotiff",
    "Leica SCN, pool vs. the same in TIFF",
    "Ventana BIF, pool vs. the same in TIFF",
    "Hamamatsu NDPI, pool vs. the same in TIFF",
    "3DHISTECH MRXS, pool vs. the same in TIFF",
    "DICOM, pool vs. the same in TIFF",
  ]);
  // Tests may not start Python.
  assertEquals(notes.map((note) => note.split(": ")[0]), [
    "OpenSlide is left out for tiles.tif",
    "rasterio is left out for tiles.tif",
  ]);
  for (const { ms, peerMs, ratio, layer } of report.rows) {
    assert(ms > 0 && peerMs! > 0 && ratio! > 0);
    assert(layer?.includes("MP/s"));
  }
});

Deno.test({
  name:
    "main() sets training steps beside forward passes (needs a GPU adapter)",
  ignore: !adapter,
  async fn() {
    const printed: string[] = [];
    await main(
      "--suite train --short --json --runs 1 --peer none --precision f32"
        .split(" "),
      { print: (text) => printed.push(text), note: () => {} },
    );
    const { rows }: BenchReport = JSON.parse(printed.join("\n"));
    assertEquals(rows.map(({ suite, peer }) => `${suite} ${peer}`), [
      "train forward pass in training",
      "train forward pass of inference",
    ]);
    for (const { ms, peerMs } of rows) assert(ms > peerMs!);
  },
});

Deno.test({
  name: "main() measures slides, scaling and memory (needs a GPU adapter)",
  ignore: !adapter,
  async fn() {
    const printed: string[] = [];
    await main(
      "--suite slide --suite scaling --suite memory --short --json --runs 1 --peer none --precision f32"
        .split(" "),
      { print: (text) => printed.push(text), note: () => {} },
    );
    const { rows }: BenchReport = JSON.parse(printed.join("\n"));
    assertEquals(rows.map(({ suite, size }) => `${suite} ${size}`), [
      "slide 512",
      ...["scaling 256", "scaling 256", "scaling 256"],
      ...["memory 64", "memory 512"],
    ]);
    for (const { ms, peerMs, ratio } of rows) {
      assert(ms > 0 && peerMs! > 0);
      assert(Math.abs(ratio! * ms / peerMs! - 1) < 1e-9);
    }
  },
});

Deno.test("main() refuses what it does not know", async () => {
  const output = { print: () => {}, note: () => {} };
  for (
    const args of [
      ["--suite", "x"],
      ["--size", "100"],
      ["--runs", "0"],
      ["--peer", "x"],
      ["x"],
    ]
  ) {
    await assertRejects(
      () => main(args, output),
      RangeError,
      "Cannot run bench",
    );
  }
});

Deno.test("parseBenchOptions() compares with all peers, one or none", () => {
  const peers = (...args: string[]) => parseBenchOptions(args)!.peers;
  assertEquals(peers(), ["onnxruntime-web", "tfjs"]);
  assertEquals(peers("--peer", "all"), ["onnxruntime-web", "tfjs"]);
  assertEquals(peers("--peer", "tfjs"), ["tfjs"]);
  assertEquals(peers("--peer", "none"), []);
});

for (const size of [256, 512]) {
  Deno.test(`layerCases() finds UNeXt101's layers among UNeXt50's at ${size}²`, () => {
    const layers = (network: typeof unext50) =>
      layerCases(architectureGraph(network, size)).map(({ layer }) => layer);
    const known = new Set(layers(unext50));
    assert(known.size > 40);
    assertEquals(layers(unext101).filter((layer) => !known.has(layer)), []);
  });
}

Deno.test("layerCases() gives layers that any engine can run", () => {
  const network = architectureGraph(unext50, 256);
  const fused = layerCases(network)
    .filter(({ graph }) =>
      nodesOf(graph).some((node) =>
        node.inputs.length > 1 ||
        isConvolution(node) && isFused(convolutionOf(node))
      )
    )
    .map(({ layer }) => layer);
  assertEquals(fused, []);
});

function isFused({ sources, epilogue }: Convolution): boolean {
  const { residual, norm, shuffle } = epilogue;
  return Boolean(sources[0].norm || residual || norm || shuffle);
}

Deno.test("parseKernelTimes() sums what the runs have in common", () => {
  const event = (name: string, dur: number) =>
    `{"cat" : "Api","pid" :-1,"dur" :${dur},"name" :"${name}","args" : {}},`;
  const profile = [
    "[",
    '{"cat" : "Node","dur" :9,"name" :"a_kernel_time","args" : {}},',
    event("a&Conv&LayOutWeights", 7000),
    event("t&Transpose&Transpose", 5000),
    event("a&Conv&Conv2d", 1000),
    event("a&Conv&Conv2d", 2000),
    event("a&Conv&Conv2d", 500),
    event("b&Relu&Relu", 100),
    event("b&Relu&Relu", 200),
    event("b&Relu&Relu", 300),
    "]",
  ];
  assertEquals(parseKernelTimes(profile, { runs: 3 }), [1.1, 2.2, 0.8]);
});
