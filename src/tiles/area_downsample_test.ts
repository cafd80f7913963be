import { assertEquals, assertThrows } from "@std/assert";
import { noise } from "../../tests/helpers/noise.ts";
import { readSafetensors } from "../weights/read_safetensors.ts";
import { areaDownsample } from "./area_downsample.ts";

const golden = new URL("../../tests/golden/ops.safetensors", import.meta.url);

for (
  const [name, factor] of [["64x96_by2", 2], ["96x64_by4", 4], [
    "63x90_by3",
    3,
  ]] as const
) {
  Deno.test(`areaDownsample() equals OpenCV on ${name}`, async () => {
    const tensors = readSafetensors(await Deno.readFile(golden));
    const image = tensors.get(`resize_area/${name}/image`)!;
    const small = tensors.get(`resize_area/${name}/small`)!;
    const [height, width] = image.shape;
    assertEquals(
      areaDownsample(image.data, { width, height, factor }),
      new Uint8Array(small.data),
    );
  });
}

Deno.test("areaDownsample() rounds halves up by 2, and to even by other factors", () => {
  const by2 = (values: number[]) =>
    areaDownsample(Uint8Array.from(values), {
      width: 2,
      height: 2,
      factor: 2,
      channels: 1,
    })[0];
  assertEquals([by2([0, 0, 1, 1]), by2([1, 1, 2, 2]), by2([0, 0, 0, 1])], [
    1,
    2,
    0,
  ]);
  const by4 = (sum: number) => {
    const pixels = new Uint8Array(16);
    pixels[5] = sum;
    return areaDownsample(pixels, {
      width: 4,
      height: 4,
      factor: 4,
      channels: 1,
    })[0];
  };
  assertEquals([by4(8), by4(24), by4(40), by4(41)], [0, 2, 2, 3]);
});

Deno.test("areaDownsample() by 1 copies", () => {
  const pixels = noise(5, 7);
  assertEquals(
    areaDownsample(pixels, { width: 5, height: 7, factor: 1 }),
    pixels,
  );
});

Deno.test("areaDownsample() refuses sizes that do not fit", () => {
  const pixels = new Uint8Array(12);
  assertThrows(
    () => areaDownsample(pixels, { width: 2, height: 2, factor: 3 }),
    RangeError,
    "divides",
  );
  assertThrows(
    () => areaDownsample(pixels, { width: 2, height: 2, factor: 0 }),
    RangeError,
    "by 0",
  );
  assertThrows(
    () => areaDownsample(pixels, { width: 4, height: 2, factor: 2 }),
    RangeError,
    "24 bytes",
  );
});
