import { assertEquals } from "@std/assert";
import { RleLabels } from "../labels/rle_labels.ts";
import { encodeRle } from "../masks/rle/rle_encoder.ts";
import type { Region, Slide } from "../slide/slide.ts";
import { type Predicted, predictedBands } from "./predicted_bands.ts";

const size = { width: 3, height: 1100 };
const map = Uint8Array.from({ length: 3300 }, (_, i) => (i * 7) % 256);

/** A probability map in gray. */
const probability = {
  ...size,
  readRegion({ x, y, width, height }: Region) {
    assertEquals([x, width], [0, size.width]);
    const rows = map.subarray(y * width, (y + height) * width);
    const rgb = Uint8Array.from([...rows].flatMap((p) => [p, p, p]));
    return Promise.resolve(rgb);
  },
} as unknown as Slide;

async function read(predicted: Predicted) {
  const bands = await Array.fromAsync(predictedBands(predicted));
  assertEquals(bands.map(({ y, height }) => [y, height]), [
    [0, 512],
    [512, 512],
    [1024, 76],
  ]);
  return {
    mask: bands.flatMap(({ mask }) => [...mask]),
    probabilities: bands.flatMap(({ probability8 = [] }) => [...probability8]),
  };
}

Deno.test("predictedBands() finds what is above the threshold, not at it", async () => {
  for (const byte of [0, 128, 254.5]) {
    const { mask, probabilities } = await read({
      probability,
      threshold: byte / 255,
    });
    assertEquals(probabilities, [...map]);
    assertEquals(mask, [...map].map((value) => value > byte ? 1 : 0));
  }
});

Deno.test("predictedBands() takes a mask as it is, whatever the probabilities", async () => {
  const drawn = map.map((value) => value & 1);
  const mask = new RleLabels(encodeRle(drawn, size), size);
  assertEquals(await read({ mask }), { mask: [...drawn], probabilities: [] });
  assertEquals(await read({ mask, probability }), {
    mask: [...drawn],
    probabilities: [...map],
  });
});
