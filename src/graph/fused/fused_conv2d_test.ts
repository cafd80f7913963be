import { assertEquals } from "@std/assert";
import { isNonNegative } from "../op.ts";
import { input } from "../ops/input.ts";
import { fusedConv2d } from "./fused_conv2d.ts";

Deno.test("fusedConv2d() is never negative where a ReLU is its last step", () => {
  const vector = (name: string) => ({ name, shape: [4] });
  const affine = { scale: vector("scale"), shift: vector("shift") };
  const of = (relu: boolean, norm?: typeof affine) =>
    isNonNegative(fusedConv2d({
      ...{ name: "a", shape: [1, 4, 8, 8], kernel: 1, stride: 1, padding: 0 },
      ...{ dilation: 1, groups: 1 },
      weight: { name: "weight", shape: [4, 4, 1, 1] },
      sources: [{ tensor: input("x", [1, 4, 8, 8]) }],
      epilogue: { relu, norm, shuffle: false },
    }));
  assertEquals(of(true), true);
  assertEquals(of(false), false);
  assertEquals(of(true, affine), false); // the norm comes after
  assertEquals(of(false, affine), false);
});
