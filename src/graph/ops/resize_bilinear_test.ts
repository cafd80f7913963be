import { assertEquals } from "@std/assert";
import { input } from "./input.ts";
import { resizeBilinear, resizeBilinearOp } from "./resize_bilinear.ts";

Deno.test("resizeBilinear() is ONNX's Resize, but from 1×1 its Expand", () => {
  const operators = (height: number, width: number) => {
    const x = input("x", [1, 4, height, width]);
    const node = resizeBilinear(x, { size: [6, 8] });
    return resizeBilinearOp.is(node)
      ? resizeBilinearOp.onnx(node).map(({ operator }) => operator)
      : [];
  };
  assertEquals(operators(1, 1), ["Expand"]);
  for (const [height, width] of [[1, 2], [3, 1], [3, 4]]) {
    assertEquals(operators(height, width), ["Resize"]);
  }
});
