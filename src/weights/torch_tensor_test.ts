import { assertThrows } from "@std/assert";
import {
  materializeTensor,
  type TensorSource,
  TorchStorage,
  TorchTensor,
} from "./torch_tensor.ts";

Deno.test("materializeTensor() shows up to eight sizes of a shape that makes no sense", () => {
  const source: TensorSource = {
    subject: "a.pth",
    storageBytes: () => new Uint8Array(64),
    copyBudget: 0,
  };
  const storage = new TorchStorage("0", "f32", 16);
  const said = (shape: readonly number[], shown: string) =>
    assertThrows(
      () =>
        materializeTensor(
          new TorchTensor(storage, "f32", 0, shape, [-1]),
          { key: "w", source },
        ),
      RangeError,
      `shape [${shown}], strides [-1], offset 0`,
    );
  said([1, 2, 3, 4, 5, 6, 7, 8], "1,2,3,4,5,6,7,8");
  said([1, 2, 3, 4, 5, 6, 7, 8, 9], "1,2,3,4,5,6,7,8,…");
});
