import { assertEquals } from "@std/assert";
import type { Conv2dGeometry } from "./data_gradient.ts";
import {
  chooseWeightGradientTiling,
  conv2dWeightGradient,
  walk,
} from "./weight_gradient.ts";

const pointwise: Conv2dGeometry = {
  batch: 1,
  inputChannels: 32,
  outputChannels: 64,
  groups: 1,
  inputSize: [6, 8],
  outputSize: [6, 8],
  kernel: [1, 1],
  stride: 1,
  padding: 0,
  dilation: 1,
};
const subgroups = { subgroupSize: 8 };

Deno.test("chooseWeightGradientTiling() loads pixels in pairs only where pixel meets pixel, in rows of even length", () => {
  const isPaired = (other: Partial<Conv2dGeometry>) =>
    chooseWeightGradientTiling({ ...pointwise, ...other }, subgroups).paired;
  assertEquals(isPaired({}), true);
  // Each alone, with rows that stay even.
  assertEquals(isPaired({ kernel: [3, 3] }), false);
  assertEquals(isPaired({ kernel: [1, 2] }), false);
  assertEquals(isPaired({ stride: 2 }), false);
  assertEquals(isPaired({ padding: 1 }), false);
  // 7×9 pixels make no row of even length.
  const odd = [7, 9] as const;
  assertEquals(isPaired({ inputSize: odd, outputSize: odd }), false);
  // A thread holds two blocks of outputs.
  assertEquals(isPaired({ outputChannels: 60 }), false);
});

Deno.test("walk() cuts a plane into equal rows of at most 256 pixels, whole or not at all", () => {
  const of = (height: number, width: number) =>
    walk({ ...pointwise, outputSize: [height, width] });
  assertEquals(of(6, 8), [1, 48]);
  assertEquals(of(16, 16), [1, 256]);
  assertEquals(of(16, 17), [2, 136]);
  assertEquals(of(1, 15), [1, 15]);
  assertEquals(of(1, 257), [1, 257]); // a prime number
  assertEquals(of(2, 257), [2, 257]);
  for (const other of [{ kernel: [3, 3] }, { stride: 2 }, { padding: 1 }]) {
    const geometry = { ...pointwise, ...other } as Conv2dGeometry;
    assertEquals(walk(geometry), [6, 8]);
  }
});

Deno.test("conv2dWeightGradient() dispatches as many workgroups as its operands fill", () => {
  const tiling = chooseWeightGradientTiling(pointwise, { subgroupSize: 0 });
  const dispatched = (other: object) => {
    const [params, cut] = [{ ...pointwise, ...other }, { ...tiling, ...other }];
    return conv2dWeightGradient.program({
      ...params,
      accumulate: false,
      tiling: cut,
    }).workgroups;
  };
  const cut = { lanes: 8, tiles: 2, results: 1, inputs: 4, taps: 1 };
  assertEquals(dispatched({ ...cut, splits: 1 }), [2, 1, 1]);
  assertEquals(dispatched({ ...cut, splits: 5 }), [2, 1, 5]);
  assertEquals(dispatched({ ...cut, splits: 1, outputChannels: 65 })[0], 3);
  assertEquals(dispatched({ ...cut, splits: 1, inputChannels: 33 })[1], 2);
  assertEquals(dispatched({ ...cut, splits: 1, results: 2 })[0], 1);
  const wide = { ...cut, kernel: [3, 3], padding: 1, splits: 2 };
  assertEquals(dispatched(wide)[2], 18);
  assertEquals(dispatched({ ...wide, taps: 3 })[2], 6);
});
