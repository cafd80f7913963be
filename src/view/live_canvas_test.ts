import { LiveCanvas } from "./live_view.ts";
import { assertEquals } from "@std/assert";

const tile = (x: number, y: number) => ({
  ...{ index: 0, column: 0, row: 0, x, y },
  ...{ size: 4, expansion: 0, downsample: 1 },
});

Deno.test("LiveCanvas.add() takes what lies on the slide", async () => {
  const canvas = new LiveCanvas({ width: 5, height: 3 });
  const values = Uint8Array.from({ length: 16 }, (_, i) => i);
  canvas.add(tile(-1, -1), { values, factor: 1 });
  const pixels = await canvas.readRegion({ x: 0, y: 0, width: 5, height: 3 });
  const gray = pixels.filter((_, i) => i % 3 === 0);
  assertEquals([...gray], [5, 6, 7, 0, 0, 9, 10, 11, 0, 0, 13, 14, 15, 0, 0]);
});

Deno.test("LiveCanvas stays within 4096 pixels a side, by means", async () => {
  const canvas = new LiveCanvas({ width: 8193, height: 10 });
  assertEquals([canvas.scale, canvas.width, canvas.height], [3, 2731, 4]);
  const values = Uint8Array.from(
    { length: 16 },
    (_, i) => i % 4 === 0 ? 0 : 90,
  );
  canvas.add(tile(0, 0), { values, factor: 1 });
  const pixels = await canvas.readRegion({ x: 0, y: 0, width: 3, height: 2 });
  // The second pixel's middle, 4.5, lies on the next tile.
  assertEquals([...pixels.filter((_, i) => i % 3 === 0)], [60, 0, 0, 0, 0, 0]);
});
