import { bandsOf, streamed, withFolder } from "../../../tests/helpers/masks.ts";
import type { MaskBand } from "../mask_band.ts";
import { writeBands } from "../write_mask.ts";
import { OverlaySink } from "./overlay_sink.ts";
import { Overview } from "./overview.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { decode } from "fast-png";

function slidePixel(x: number, y: number, k: number): number {
  return (x * 7 + y * 13 + k * 50 + x * y) & 255;
}

/** Tiles of a centered grid over a made-up slide; pixels outside of it are 0, to see that they are not drawn. */
function* tilesOf(
  width: number,
  height: number,
  size: number,
  expansion: number,
  downsample: number,
) {
  const side = size * downsample, margin = expansion * downsample / 2;
  const columns = Math.ceil(width / side), rows = Math.ceil(height / side);
  const left = -Math.floor((columns * side - width) / 2),
    top = -Math.floor((rows * side - height) / 2);
  for (let index = 0; index < columns * rows; index++) {
    const x = left + index % columns * side,
      y = top + Math.floor(index / columns) * side;
    const stride = side + 2 * margin;
    const pixels = new Uint8Array(stride * stride * 3);
    for (let i = 0; i < stride * stride; i++) {
      const px = x - margin + i % stride,
        py = y - margin + Math.floor(i / stride);
      if (px < 0 || py < 0 || px >= width || py >= height) continue;
      for (let k = 0; k < 3; k++) pixels[i * 3 + k] = slidePixel(px, py, k);
    }
    yield { x, y, size, expansion, downsample, pixels };
  }
}

function emptyBand(width: number, height: number): MaskBand {
  return { y: 0, width, height, mask: new Uint8Array(width * height) };
}

for (
  const [width, height, maxSide] of [[1, 1, 8], [8, 8, 8], [9, 5, 8], [
    37,
    21,
    8,
  ], [20, 50, 7]]
) {
  Deno.test(`Overview draws means of blocks of a ${width} × ${height} slide within ${maxSide} pixels`, () => {
    const scale = Math.ceil(Math.max(width, height) / maxSide);
    for (const [size, expansion, downsample] of [[8, 4, 1], [5, 2, 2]]) {
      const overview = new Overview({ width, height, maxSide });
      for (const tile of tilesOf(width, height, size, expansion, downsample)) {
        overview.addTile(tile);
      }
      overview.write(emptyBand(width, height));
      const picture = overview.render();
      assertEquals([picture.width, picture.height], [
        Math.ceil(width / scale),
        Math.ceil(height / scale),
      ]);
      const expected = Uint8Array.from(
        { length: picture.data.length },
        (_, at) => {
          const k = at % 3, column = Math.floor(at / 3) % picture.width;
          const row = Math.floor(at / 3 / picture.width);
          let sum = 0, count = 0;
          for (
            let y = row * scale;
            y < Math.min(height, (row + 1) * scale);
            y++
          ) {
            for (
              let x = column * scale;
              x < Math.min(width, (column + 1) * scale);
              x++, count++
            ) {
              sum += slidePixel(x, y, k);
            }
          }
          return Math.round(sum / count);
        },
      );
      assertEquals(picture.data, expected);
    }
  });
}

Deno.test("Overview leaves what no tile covers white", () => {
  const overview = new Overview({ width: 4, height: 2 });
  overview.addTile({
    x: 0,
    y: 0,
    size: 2,
    expansion: 0,
    downsample: 1,
    pixels: new Uint8Array(12).fill(9),
  });
  assertEquals([...overview.render().data.slice(0, 12)], [
    9,
    9,
    9,
    9,
    9,
    9,
    255,
    255,
    255,
    255,
    255,
    255,
  ]);
});

Deno.test("Overview draws a line inside an object, a rim around it, and tints it", () => {
  const overview = new Overview({ width: 9, height: 9 });
  const mask = new Uint8Array(81);
  for (let y = 2; y < 7; y++) mask.fill(1, y * 9 + 2, y * 9 + 7);
  overview.write({ y: 0, width: 9, height: 9, mask });
  const { data } = overview.render();
  const at = (x: number, y: number) =>
    [...data.slice((y * 9 + x) * 3, (y * 9 + x) * 3 + 3)].join(" ");
  const [glass, rim, line, tint] = [at(0, 0), at(1, 4), at(2, 4), at(4, 4)];
  assertEquals(glass, "255 255 255");
  assertEquals(new Set([glass, rim, line, tint]).size, 4);
  assertEquals([at(4, 1), at(7, 4), at(4, 7)], [rim, rim, rim]);
  assertEquals([at(2, 2), at(6, 6), at(6, 2)], [line, line, line]);
  assertEquals([at(3, 3), at(5, 5)], [tint, tint]);
});

Deno.test("Overview refuses tiles whose pixels do not fit", () => {
  const overview = new Overview({ width: 4, height: 2 });
  const tile = {
    x: 0,
    y: 0,
    size: 2,
    expansion: 2,
    downsample: 1,
    pixels: new Uint8Array(12),
  };
  assertThrows(
    () => overview.addTile(tile),
    RangeError,
    "a multiple of 4, received 12 bytes",
  );
  assertThrows(
    () => new Overview({ width: 4, height: 2, maxSide: 0 }),
    RangeError,
    "maxSide",
  );
});

Deno.test("OverlaySink writes the overview as PNG", async () => {
  await withFolder(async (folder) => {
    const mask = { width: 5, height: 3, mask: new Uint8Array(15).fill(1) };
    const overview = new Overview(mask);
    await writeBands(streamed(bandsOf(mask, [2])), [
      new OverlaySink(`${folder}/a.png`, { overview }),
    ]);
    const png = decode(await Deno.readFile(`${folder}/a.png`));
    assertEquals([png.width, png.height, png.channels], [5, 3, 3]);
    assertEquals(png.data, overview.render().data);
  });
});

Deno.test("Overview.addRow() joins pictures of parts of a slide to that of all tiles", () => {
  for (
    const [width, height, maxSide] of [[37, 21, 8], [20, 50, 7], [9, 5, 16]]
  ) {
    const size = { width, height, maxSide };
    const tiles = [...tilesOf(width, height, 5, 2, 1)];
    const whole = new Overview(size);
    tiles.forEach((tile) => whole.addTile(tile));
    for (const cut of [0, 1, 3, tiles.length - 1]) {
      const joined = new Overview(size);
      for (const part of [tiles.slice(cut), tiles.slice(0, cut)]) {
        const overview = new Overview(size);
        part.forEach((tile) => overview.addTile(tile));
        for (const row of overview.rows()) joined.addRow(row);
      }
      assertEquals(joined.picture().data, whole.picture().data);
    }
  }
});

Deno.test("Overview.addRow() refuses a row of another picture", () => {
  const overview = new Overview({ width: 8, height: 4, maxSide: 4 });
  for (
    const row of [
      { y: 2, rgb: new Uint8Array(12) },
      { y: 0, rgb: new Uint8Array(9) },
      { y: 0, sums: new Uint32Array(12) },
    ]
  ) {
    assertThrows(() => overview.addRow(row), RangeError, "4 × 2 px");
  }
});
