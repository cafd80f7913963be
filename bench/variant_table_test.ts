import { assert, assertEquals } from "@std/assert";
import { chooseVariant, contendersOf } from "../src/graph/conv2d_variant.ts";
import { unext101, unext50 } from "../src/models/architecture.ts";
import { DEVICES, layerShapes, variantPage } from "./variant_table.ts";

Deno.test("docs/kernels.md has the kernels that are chosen; bench/variant_table.ts writes it", async () => {
  const path = new URL("../docs/kernels.md", import.meta.url);
  assertEquals(words(await Deno.readTextFile(path)), words(variantPage()));
});

Deno.test("GPUs are not given the tilings of software adapters", () => {
  const { llvmpipe, H100, M2 } = DEVICES;
  const shapes = layerShapes(unext50, 512).filter(({ flops }) => flops > 1e8);
  const text = (device: typeof H100) =>
    shapes.map(({ problem }) => JSON.stringify(chooseVariant(problem, device)));
  for (const device of [H100, M2]) {
    const chosen = text(device);
    const same = chosen.filter((one, i) => one === text(llvmpipe)[i]);
    assert(same.length < shapes.length / 4, `${same.length} of them`);
    assert(chosen.some((one) => one.includes('"shared"')));
    assert(chosen.every((one) => !one.includes('"broadcast":true')));
  }
});

Deno.test("contendersOf() measures several kinds of kernels on a GPU, the chosen one first, and not more than eight", () => {
  for (const { problem } of layerShapes(unext101, 256)) {
    const contenders = contendersOf(problem, DEVICES.H100);
    assertEquals(contenders[0], chooseVariant(problem, DEVICES.H100));
    assert(contenders.length <= 8);
    const kinds = new Set(contenders.map(({ algorithm }) => algorithm));
    const all = contendersOf(problem, DEVICES.llvmpipe);
    assert(contenders.length <= all.length);
    assert(
      kinds.size >= Math.min(2, new Set(all.map((one) => one.algorithm)).size),
    );
  }
});

/** Formatting pads the cells of tables. */
function words(text: string): string[] {
  return text.replace(/-{2,}:?/g, "-").split(/\s+/);
}
