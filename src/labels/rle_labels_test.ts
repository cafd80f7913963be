import { assertEquals, assertThrows } from "@std/assert";
import { noise } from "../../tests/helpers/noise.ts";
import { encodeRle } from "../masks/rle/rle_encoder.ts";
import { RleLabels } from "./rle_labels.ts";

const size = { width: 37, height: 23 };
const mask = noise(size.width, size.height, 1).map((v) => v > 100 ? 1 : 0);

Deno.test("RleLabels.readRegion() gives the mask of any region, and 0 outside the slide", async () => {
  const labels = new RleLabels(encodeRle(mask, size), size);
  for (
    const [x, y, width, height] of [
      [0, 0, 37, 23],
      [5, 3, 10, 7],
      [36, 22, 1, 1],
      [-4, -6, 50, 40],
      [30, 20, 20, 20],
      [-9, 2, 5, 5],
      [3, 40, 5, 5],
    ]
  ) {
    const region = { x, y, width, height };
    const expected = Uint8Array.from({ length: width * height }, (_, i) => {
      const [column, row] = [x + i % width, y + Math.floor(i / width)];
      const inside = column >= 0 && row >= 0 && column < 37 && row < 23;
      return inside ? mask[row * 37 + column] : 0;
    });
    assertEquals(await labels.readRegion(region), expected, `${x},${y}`);
  }
});

Deno.test("RleLabels.readRegion() follows runs that go on from one column to the next", async () => {
  const labels = new RleLabels("2 5", { width: 3, height: 3 });
  const region = { x: 0, y: 0, width: 3, height: 3 };
  assertEquals(
    [...await labels.readRegion(region)],
    [0, 1, 0, 1, 1, 0, 1, 1, 0],
  );
});

Deno.test("RleLabels() takes an empty mask, and refuses runs that overlap or leave the slide", async () => {
  const empty = new RleLabels("", size);
  const region = { x: 0, y: 0, width: 4, height: 4 };
  assertEquals(await empty.readRegion(region), new Uint8Array(16));
  assertThrows(() => new RleLabels("1 5 3 4", size), RangeError, "overlap");
  assertThrows(() => new RleLabels("850 3", size), RangeError, "1 to 851");
  assertThrows(() => new RleLabels("1 two", size), SyntaxError, "two");
});
