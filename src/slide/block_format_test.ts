import { assertEquals } from "@std/assert";
import { openPages, readAll } from "../../tests/helpers/open_pages.ts";

Deno.test("Palettes of 16 bits are shown by their high bytes, those that hold bytes as they are", async () => {
  for (
    const [first, shown] of [
      [[0xabcd, 0x1234, 0x00ff], [0xab, 0x12, 0]],
      [[256, 255, 0], [1, 0, 0]],
      [[255, 16, 1], [255, 16, 1]],
    ]
  ) {
    const palette = Array(768).fill(0);
    first.forEach((value, channel) => palette[channel * 256 + 3] = value);
    await using slide = await openPages([{
      width: 2,
      height: 1,
      samples: 1,
      pixels: Uint8Array.of(3, 0),
      tags: { 262: 3, 320: palette },
    }]);
    assertEquals([...await readAll(slide)], [...shown, 0, 0, 0]);
  }
});
