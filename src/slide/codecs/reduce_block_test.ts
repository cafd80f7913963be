import { makeJpeg, smoothPicture } from "../../../tests/helpers/make_ndpi.ts";
import type { BlockFormat, BlockJob } from "./block_job.ts";
import { decodeBlock } from "./decode_block.ts";
import { decodeJpegMeans } from "./jpeg_means.ts";
import { averageBlocks } from "./reduce_block.ts";
import { assert, assertEquals } from "@std/assert";

const format: BlockFormat = {
  compression: 7,
  predictor: 1,
  photometric: 6,
  bits: 8,
  float: false,
  samples: 3,
  colors: 3,
  alpha: "none",
  littleEndian: true,
  reversedBits: false,
  subsampling: [1, 1],
};

function jobOf(
  data: Uint8Array,
  size: { readonly width: number; readonly height: number },
  more: Partial<BlockFormat> = {},
): BlockJob {
  return {
    format: { ...format, ...more },
    parts: [Uint8Array.from(data)],
    ...size,
    maxHeight: size.height,
  };
}

Deno.test("averageBlocks() gives the mean of each rectangle, smaller ones at the edges too", () => {
  const pixels = new Uint8Array(5 * 3 * 3).map((_, i) => Math.floor(i / 3));
  const means = averageBlocks(pixels, { width: 5, height: 3, x: 4, y: 2 });
  assertEquals(
    [...means].filter((_, i) => i % 3 === 0),
    // 0 to 3 and 5 to 8; 4 and 9; 10 to 13; 14.
    [4, 7, 12, 14],
  );
});

Deno.test("A reduced JPEG block is made of the means of its 8×8 pixels, whatever its subsampling", async () => {
  for (const [width, height] of [[64, 48], [53, 37], [8, 200]]) {
    const size = { width, height };
    for (const subsampling of [0, 1, 2] as const) {
      const data = await makeJpeg(smoothPicture(size), size, { subsampling });
      const whole = await decodeBlock(jobOf(data, size));
      const means = decodeJpegMeans(data, jobOf(data, size));
      assert(means, "it is decoded by its means");
      const exact = averageBlocks(whole, { ...size, x: 8, y: 8 });
      assertEquals(means.length, exact.length);
      // Whole blocks: at the edges the encoder chooses what lies beyond, and chroma blocks cover 16 pixels.
      const columns = Math.ceil(width / 8);
      for (let y = 0; y < Math.floor(height / 16) * 2; y++) {
        for (let x = 0; x < Math.floor(width / 16) * 2; x++) {
          for (let c = 0; c < 3; c++) {
            const i = (y * columns + x) * 3 + c;
            const off = Math.abs(means[i] - exact[i]);
            assert(off <= (subsampling ? 40 : 3), `${off} at ${x}, ${y}`);
          }
        }
      }
    }
  }
});

Deno.test("A reduced block of another kind, or a damaged JPEG, goes by the whole decoder", async () => {
  const reduce = { x: 8, y: 8 };
  const pixels = new Uint8Array(16 * 8 * 3).map((_, i) => i % 256);
  const raw = jobOf(pixels, { width: 16, height: 8 }, {
    compression: 1,
    photometric: 2,
    reduce,
  });
  assertEquals(
    await decodeBlock(raw),
    averageBlocks(pixels, { width: 16, height: 8, x: 8, y: 8 }),
  );
  const size = { width: 64, height: 64 };
  const data = await makeJpeg(smoothPicture(size), size);
  assertEquals(
    decodeJpegMeans(data.slice(0, 400), jobOf(data, size)),
    undefined,
  );
  // Whatever is damaged, it ends, and gives as many bytes as there are means, or none.
  for (let i = 0; i < 300; i++) {
    const damaged = data.slice();
    damaged[20 + i * 7 % (data.length - 20)] ^= 1 << i % 8;
    try {
      const means = decodeJpegMeans(damaged, jobOf(data, size));
      assert(means === undefined || means.length === 8 * 8 * 3);
    } catch (error) {
      assert(error instanceof SyntaxError);
    }
  }
});
