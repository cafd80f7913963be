import { assertEquals } from "@std/assert";
import { readSafetensors } from "../weights/read_safetensors.ts";
import { saturation8 } from "./saturation8.ts";

Deno.test("saturation8() equals OpenCV", async () => {
  const golden = new URL("../../tests/golden/ops.safetensors", import.meta.url);
  const tensors = readSafetensors(await Deno.readFile(golden));
  const image = tensors.get("hsv_saturation/u8/image")!.data;
  const expected = tensors.get("hsv_saturation/u8/saturation")!.data;
  const found = Uint8Array.from(expected, (_, i) => saturation8(image, i * 3));
  assertEquals(found, new Uint8Array(expected));
});

Deno.test("saturation8() is 0 for gray and black, 255 for pure colors", () => {
  const colors = [[0, 0, 0], [255, 255, 255], [90, 90, 90], [1, 0, 0], [
    0,
    255,
    0,
  ]];
  assertEquals(colors.map((color) => saturation8(color)), [0, 0, 0, 255, 255]);
});
