import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { makeTiff, type PageSpec } from "../../../tests/helpers/make_tiff.ts";
import { openPages, readAll } from "../../../tests/helpers/open_pages.ts";
import { encodePhoto } from "../../masks/pictures/encode_photo.ts";
import { openSlide } from "../open_slide.ts";

const [width, height] = [240, 200];
const tile = { width: 128, height: 128 };

/** A smooth picture, which JPEG changes little. */
function pixelsOf(
  { left = 0, top = 0, width, height }: {
    readonly left?: number;
    readonly top?: number;
    readonly width: number;
    readonly height: number;
  },
): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y] = [
      left + Math.floor(i / 3) % width,
      top + Math.floor(i / 3 / width),
    ];
    return [x, y, 255 - x / 2 - y / 2][i % 3];
  });
}

/** Tiles as JPEG, those at the edges as large as what lies within the picture. */
async function edgeTiles(): Promise<Uint8Array[]> {
  const tiles: Uint8Array[] = [];
  for (const top of [0, 128]) {
    for (const left of [0, 128]) {
      const size = {
        width: Math.min(128, width - left),
        height: Math.min(128, height - top),
      };
      const photo = await encodePhoto(pixelsOf({ left, top, ...size }), size);
      tiles.push(photo);
    }
  }
  return tiles;
}

const page = (blocks: readonly Uint8Array[]): PageSpec => ({
  width,
  height,
  pixels: new Uint8Array(),
  blocks,
  tile,
  tags: { 259: 7, 262: 6, 530: [1, 1] },
});

Deno.test("openSlide() reads JPEG tiles that end where the picture does", async () => {
  await using slide = await openPages([page(await edgeTiles())]);
  const pixels = await readAll(slide);
  const expected = pixelsOf({ width, height });
  const most = pixels.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - expected[i])),
    0,
  );
  assertLess(most, 8);
});

Deno.test("openSlide() knows blocks that cannot be decoded before any is read", async () => {
  const tiles = await edgeTiles();
  const [whole] = tiles;
  const frame = whole.findIndex((byte, i) =>
    byte === 0xff && whole[i + 1] === 0xc0
  );
  const changed = (at: number, byte: number) =>
    tiles.map((one, i) => i === 0 ? one.with(at, byte) : one);
  for (
    const [blocks, reason] of [
      [changed(frame + 1, 0xc9), "they are arithmetic-coded JPEG of 8 bits"],
      [changed(frame + 1, 0xc3), "they are lossless JPEG of 8 bits"],
      [changed(frame + 4, 12), "they are JPEG of 12 bits"],
      [changed(frame + 8, 127), "are 127×128×3, but the page says 128×128×3"],
      [
        [tiles[2], whole, whole, whole],
        "are 128×72×3, but the page says 128×128×3",
      ],
    ] as const
  ) {
    const file = new Blob([await makeTiff([page(blocks)])]);
    const error = await assertRejects(() => openSlide(file), SyntaxError);
    assertEquals(error.message.includes(reason), true, error.message);
  }
});
