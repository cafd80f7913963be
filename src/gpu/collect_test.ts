import { assertEquals, assertLess } from "@std/assert";
import { loadModel } from "../predict/load_model.ts";
import { predictTiles } from "../predict/predict_tiles.ts";
import { smallNetwork } from "../../tests/helpers/small_network.ts";
import { syntheticStateDict } from "../../tests/helpers/synthetic_state_dict.ts";

/** Loads a small model, runs it over a tile, disposes of it, and returns a trace of its device. */
async function round(): Promise<WeakRef<object>> {
  const weights = syntheticStateDict(smallNetwork);
  await using model = await loadModel(smallNetwork, weights);
  async function* tiles() {
    const pixels = new Uint8Array(48 ** 2 * 3);
    const place = { index: 0, column: 0, row: 0, x: 0, y: 0 };
    yield { ...place, size: 32, expansion: 16, downsample: 1, pixels };
    await Promise.resolve();
  }
  const masks = await Array.fromAsync(predictTiles(tiles(), model));
  assertEquals(masks.length, 1);
  return new WeakRef(model.gpu);
}

Deno.test("Disposing of models frees them now, pipelines included", async () => {
  const traces: WeakRef<object>[] = [];
  const alive: number[] = [];
  for (let i = 0; i < 10; i++) {
    traces.push(await round());
    await new Promise((resolve) => setTimeout(resolve, 0));
    alive.push(traces.filter((trace) => trace.deref()).length);
  }
  // The last one, whose caller has just left it; without help there are six to eight.
  assertLess(Math.max(...alive), 3, `models in memory: ${alive}`);
});
