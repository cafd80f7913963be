import { assertEquals } from "@std/assert";
import { input } from "../graph/ops/input.ts";
import {
  axesOf,
  imageView,
  repeated,
  reshapeView,
  transposeView,
  viewDims,
} from "./view.ts";

const shape = [2, 6, 4, 5] as const;
const tensor = input("x", shape);
const view = imageView(shape);

Deno.test("reshapeView() cuts and joins axes, and goes back", () => {
  const cut = reshapeView(view, [2, 3, 2, 20])!;
  assertEquals(viewDims(cut), [2, 3, 2, 20]);
  assertEquals(cut[1], [{ axis: 1, size: 3, step: 2 }]);
  assertEquals(cut[2], [{ axis: 1, size: 2, step: 1 }]);
  assertEquals(reshapeView(cut, shape), view);
});

Deno.test("reshapeView() gives nothing where a size would take part of an axis that it does not divide, or values lack", () => {
  assertEquals(reshapeView(view, [2, 4, 6, 5]), undefined);
  assertEquals(reshapeView(view, [2, 6, 4]), undefined);
  assertEquals(reshapeView(view, [2, 6, 4, 5, 2]), undefined);
});

Deno.test("reshapeView() joins no parts that do not follow each other: a channel shuffle is not undone", () => {
  const groups = reshapeView(view, [2, 3, 2, 4, 5])!;
  const shuffled = reshapeView(transposeView(groups, [0, 2, 1, 3, 4]), shape)!;
  assertEquals(viewDims(shuffled), [...shape]);
  assertEquals(shuffled[1].length, 2);
  assertEquals(axesOf({ tensor, view: shuffled }), [0, undefined, 2, 3]);
});

Deno.test("axesOf() names whole axes, in any order, those of one value once", () => {
  assertEquals(axesOf({ tensor, view }), [0, 1, 2, 3]);
  assertEquals(
    axesOf({ tensor, view: transposeView(view, [0, 2, 3, 1]) }),
    [0, 2, 3, 1],
  );
  const pooled = input("y", [1, 6, 1, 1]);
  const vector = reshapeView(imageView(pooled.shape), [1, 6])!;
  assertEquals(axesOf({ tensor: pooled, view: vector }), [0, 1]);
  const tiled = [[], [repeated(2), ...view[1]], view[2], view[3]];
  assertEquals(axesOf({ tensor, view: tiled })[1], undefined);
});
