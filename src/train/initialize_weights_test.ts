import { tinyUnext } from "../../tests/helpers/tiny_unext.ts";
import { parametersOf } from "../graph/graph.ts";
import { architectureGraph } from "../predict/read_network.ts";
import { StateDictError } from "../weights/match_state_dict.ts";
import { toFloat32 } from "../weights/tensor_data.ts";
import { initializeWeights } from "./initialize_weights.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";

const weights = initializeWeights(tinyUnext, { seed: 3 });
const values = (name: string) => toFloat32(weights.get(name)!);

/** Root of the mean square, and the largest magnitude. */
function spread(name: string): { deviation: number; largest: number } {
  const all = values(name);
  const squares = all.reduce((sum, value) => sum + value * value, 0);
  return {
    deviation: Math.sqrt(squares / all.length),
    largest: all.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  };
}

Deno.test("initializeWeights() gives every parameter, and what the authors' checkpoints hold beside them", () => {
  const names = parametersOf(architectureGraph(tinyUnext, 64))
    .map(({ name }) => name);
  assertEquals([...weights.keys()], [...names, "aspp.conv1.weight"]);
  assertEquals(weights.get("aspp.conv1.weight")?.shape, [16, 48, 1, 1]);
});

Deno.test("initializeWeights() spreads convolutions by Kaiming's rules", () => {
  // 8 channels of 7×7 out.
  const stem = spread("enc0.0.weight");
  assertAlmostEquals(stem.deviation, Math.sqrt(2 / (8 * 49)), 0.005);
  assert(stem.largest > 2 * stem.deviation, "normal, not uniform");
  // 24 + 8 channels of 3×3 in.
  const fanIn = weights.get("dec4.conv1.0.weight")!.shape[1] * 9;
  const up = spread("dec4.conv1.0.weight");
  assertAlmostEquals(up.deviation, Math.sqrt(2 / fanIn), 0.005);
  assert(up.largest <= Math.sqrt(6 / fanIn), "uniform");
  assert(spread("dec4.conv1.0.bias").largest < 0.06);
  // PyTorch's default.
  const last = spread("final_conv.0.weight");
  assert(last.largest <= 1 / Math.sqrt(40) && last.largest > 0.05);
  assert(spread("final_conv.0.bias").largest <= 1 / Math.sqrt(40));
});

Deno.test("initializeWeights() starts batch norms as the identity", () => {
  for (
    const [role, value] of [
      ["weight", 1],
      ["bias", 0],
      ["running_mean", 0],
      ["running_var", 1],
    ] as const
  ) {
    assert(values(`enc0.1.${role}`).every((one) => one === value), role);
  }
});

Deno.test("initializeWeights() starts pixel shuffles with equal pixels, of the plain weight's length", () => {
  const v = values("dec4.shuf.0.0.weight_v");
  const g = values("dec4.shuf.0.0.weight_g");
  const size = v.length / g.length;
  for (let channel = 0; channel < g.length; channel++) {
    const row = v.subarray(channel * size, (channel + 1) * size);
    assertAlmostEquals(g[channel], Math.hypot(...row), 1e-6);
    const first = (channel - channel % 4) * size;
    assertEquals(row, v.subarray(first, first + size));
  }
  assert(v[0] !== v[4 * size], "blocks differ");
});

Deno.test("initializeWeights() gives the same weights for a seed, others for another", () => {
  assertEquals(initializeWeights(tinyUnext, { seed: 3 }), weights);
  const other = initializeWeights(tinyUnext, { seed: 4 });
  assert(
    toFloat32(other.get("enc0.0.weight")!)[0] !== values("enc0.0.weight")[0],
  );
});

Deno.test("initializeWeights() takes what is pretrained, and refuses what does not fit", () => {
  const one = {
    shape: [8],
    dtype: "f16",
    data: new Uint8Array(16),
  } as const;
  const pretrained = new Map([["enc0.1.weight", one]]);
  const started = initializeWeights(tinyUnext, { seed: 3, pretrained });
  assertEquals(started.get("enc0.1.weight"), {
    shape: [8],
    dtype: "f32",
    data: new Uint8Array(32),
  });
  assertEquals(started.get("enc0.0.weight"), weights.get("enc0.0.weight"));
  assertThrows(
    () =>
      initializeWeights(tinyUnext, {
        seed: 3,
        pretrained: new Map([["enc0.0.weight", one]]),
      }),
    StateDictError,
    "enc0.0.weight",
  );
});
