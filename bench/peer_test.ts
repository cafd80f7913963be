// Loading the peer takes a download of 30 MB, so these tests run only when asked for:
// deno test --unstable-raw-imports --allow-read=tests bench -- --peer
import { assert, assertEquals } from "@std/assert";

import { buildGraph, parametersOf } from "../src/graph/graph.ts";
import { unext50 } from "../src/models/unext_architecture.ts";
import { deviation, maxDifference, readGolden } from "../tests/golden.ts";
import { syntheticTensor } from "../tests/synthetic_weights.ts";
import { main } from "./main.ts";
import { onnxruntimeWebEngine } from "./onnxruntime_web_engine.ts";
import type { BenchReport } from "./report.ts";

const asked = Deno.args.includes("--peer") &&
  await navigator.gpu?.requestAdapter();

const options = {
  ignore: !asked,
  // onnxruntime-web keeps its device for good.
  sanitizeOps: false,
  sanitizeResources: false,
};

Deno.test("onnxruntimeWebEngine() runs UNeXt50 as PyTorch does (--peer)", {
  ...options,
}, async () => {
  const adapters: string[] = [];
  const engine = await onnxruntimeWebEngine({
    onAdapter: ({ description }) => adapters.push(description),
  });
  const graph = buildGraph({ image: [1, 3, 160, 224] }, ({ image }) => ({
    logits: unext50.forward(image),
  }));
  const shapes = new Map(parametersOf(graph).map((p) => [p.name, p.shape]));
  const golden = readGolden("unext50_160x224");
  await using prepared = await engine.prepare({
    graph,
    values: (name) => syntheticTensor(name, shapes.get(name)!),
    inputs: { image: golden.values("input") },
  }, { precision: "f32", timedRuns: 1 });
  await prepared.submit();
  const logits = golden.values("logits");
  const difference = maxDifference(await prepared.result(), logits);
  assert(difference / deviation(logits) < 2e-4, `received ${difference}`);
  const [ms] = await prepared.kernelTimes(); // of kernels on the GPU
  assert(ms > 0);
  assert(adapters.length > 0);
});

Deno.test("main() sets a peer's time beside its own (--peer)", {
  ...options,
}, async () => {
  const printed: string[] = [];
  const args = ["--short", "--json", "--suite", "layer", "--name", "fpn"];
  await main(args, {
    print: (text) => printed.push(text),
    note: (text) => {
      throw new Error(text);
    },
  });
  const { rows }: BenchReport = JSON.parse(printed.join("\n"));
  assertEquals(rows.length, 2);
  for (const { peer, peerMs, ms, ratio } of rows) {
    assertEquals(peer, "onnxruntime-web");
    assertEquals(ratio, peerMs! / ms);
  }
});
