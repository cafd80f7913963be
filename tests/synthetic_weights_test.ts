import { assertAlmostEquals, assertEquals } from "@std/assert";
import { syntheticTensor, uniform } from "./helpers/synthetic_weights.ts";

Deno.test("uniform() gives the README's example values", () => {
  const values = uniform("enc0.0.weight", 3);
  [0.082445559, 0.485144994, 0.154214158].forEach((expected, i) =>
    assertAlmostEquals(values[i], expected, 5e-10)
  );
});

Deno.test("syntheticTensor() follows the first rule that fits", () => {
  const check = (
    key: string,
    shape: number[],
    value: (u: number) => number,
  ) => {
    const expected = Float32Array.from(uniform(key, 6), value);
    assertEquals(syntheticTensor(key, shape), expected, key);
  };
  check("bn.num_batches_tracked", [6], () => 1000);
  check("bn.running_var", [6], (u) => 0.5 + u * 1);
  check("bn.running_mean", [6], (u) => 0.2 * (2 * u - 1));
  check("shuf.0.0.weight_g", [6, 1, 1, 1], (u) => 0.5 + u);
  check("conv.weight", [2, 3, 1, 1], (u) => (2 * u - 1) * Math.sqrt(6 / 3));
  check(
    "shuf.0.0.weight_v",
    [2, 1, 3, 1],
    (u) => (2 * u - 1) * Math.sqrt(6 / 3),
  );
  check("enc2.0.bn3.weight", [6], (u) => 0.25 * (0.5 + u));
  check("enc2.0.bn1.weight", [6], (u) => 0.5 + u);
  check("conv.bias", [6], (u) => 0.1 * (2 * u - 1));
});

Deno.test("syntheticTensor() hashes the seed before the key, and keeps the key's rule", () => {
  const expected = Float32Array.from(
    uniform("a.bn.running_var", 4),
    (u) => 0.5 + u,
  );
  assertEquals(
    syntheticTensor("bn.running_var", [4], { seed: "a." }),
    expected,
  );
});
