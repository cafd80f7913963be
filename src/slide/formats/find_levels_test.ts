import { assertEquals } from "@std/assert";
import type { TiffPage } from "../tiff/tiff_page.ts";
import { fitLevel } from "./find_levels.ts";

const fit = (
  main: readonly [number, number],
  level: readonly [number, number],
  tile?: number,
) =>
  fitLevel({ width: main[0], height: main[1] }, {
    width: level[0],
    height: level[1],
    tiled: tile !== undefined,
    blockWidth: tile ?? level[0],
    blockHeight: tile ?? level[1],
  } as TiffPage);

Deno.test("fitLevel() takes the whole factor where sides are rounded", () => {
  for (
    const [main, level, downsample] of [
      [[203, 151], [101, 76], 2],
      [[203, 151], [50, 37], 4],
      [[46000, 32914], [11500, 8228], 4],
      [[46000, 32914], [2875, 2057], 16],
      [[439, 167], [13, 5], 32],
      [[439, 167], [3, 1], 128],
      [[1000, 1000], [249, 250], 4], // halved twice, to even sides
    ] as const
  ) assertEquals(fit(main, level)?.downsample, downsample);
});

Deno.test("fitLevel() keeps a factor that is not whole where both sides agree", () => {
  assertEquals(fit([203, 151], [30, 22])?.downsample, 203 / 30);
  assertEquals(fit([3000, 2000], [1200, 800])?.downsample, 2.5);
});

Deno.test("fitLevel() finds the factor of levels that are padded to whole tiles", () => {
  // CAMELYON16: one side is padded, the other tells; the level ends where the slide does.
  assertEquals(fit([3056, 6912], [768, 1728], 16), {
    width: 764,
    height: 1728,
    downsample: 4,
  });
  assertEquals(fit([97792, 221184], [49152, 110592], 512), {
    width: 48896,
    height: 110592,
    downsample: 2,
  });
  assertEquals(fit([97792, 221184], [3072, 6912], 512)?.downsample, 32);
  // The side that is not padded has 1.75 pixels less.
  assertEquals(fit([4007, 6912], [1000, 1792], 256), {
    width: 1001,
    height: 1728,
    downsample: 4,
  });
});

Deno.test("fitLevel() leaves out what no one factor explains", () => {
  assertEquals(fit([3056, 6912], [768, 1728]), undefined); // strips are not padded
  assertEquals(fit([3056, 6912], [800, 1728], 16), undefined); // more than a tile
  assertEquals(fit([1000, 1000], [250, 400], 16), undefined);
  assertEquals(fit([97792, 221184], [1536, 3584], 512), undefined); // both sides are padded
  assertEquals(fit([50000, 30000], [1, 200], 256), undefined);
});
