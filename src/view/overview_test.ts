import { makeTiff } from "../../tests/helpers/make_tiff.ts";
import { openSlide } from "../slide/open_slide.ts";
import { DeepZoom } from "./deep_zoom.ts";
import { withOverview } from "./overview.ts";
import { assert, assertEquals } from "@std/assert";

Deno.test("withOverview() gives a slide without small levels a coarse one, of the same colors", async () => {
  const [width, height] = [2304, 600];
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    pixels[i * 3] = i % width >> 4;
    pixels[i * 3 + 1] = Math.floor(i / width) >> 2;
  }
  for (
    const more of [
      { tile: { width: 256, height: 256 } },
      { rowsPerStrip: 1 },
      { rowsPerStrip: 12, compression: "deflate" as const },
      {},
    ]
  ) {
    const file = await makeTiff([{ width, height, pixels, ...more }]);
    await using slide = await openSlide(new Blob([file]), { threads: 0 });
    const source = withOverview(slide);
    assertEquals(source.levels.length, 2);
    assertEquals(slide.levels.length, 1); // results are not made of it
    const [coarse, exact] = [new DeepZoom(source), new DeepZoom(slide)];
    const place = { column: 0, row: 0 };
    const zoom = Math.max(coarse.minZoom, exact.minZoom);
    const [a, b] = [
      await coarse.read(zoom, place),
      await exact.read(zoom, place),
    ];
    assertEquals([a.width, a.height], [b.width, b.height]);
    const off = a.pixels.map((value, i) => Math.abs(value - b.pixels[i]));
    assert(Math.max(...off) <= 1, `${Math.max(...off)}`);
  }
});

Deno.test("withOverview() leaves a slide with small levels as it is", async () => {
  const file = await makeTiff([{
    width: 64,
    height: 64,
    pixels: new Uint8Array(64 * 64 * 3),
  }]);
  await using slide = await openSlide(new Blob([file]), { threads: 0 });
  assertEquals(withOverview(slide), slide);
});
