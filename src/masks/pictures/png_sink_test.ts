import {
  bandsOf,
  randomMask,
  streamed,
  withFolder,
} from "../../../tests/helpers/masks.ts";
import { writeBands } from "../write_mask.ts";
import { PngSink } from "./png_sink.ts";
import { assertEquals } from "@std/assert";
import { decode } from "fast-png";

for (
  const [width, height, maxSide] of [[1, 1, 4], [4, 3, 4], [5, 4, 4], [
    33,
    18,
    4,
  ], [10, 41, 6]]
) {
  Deno.test(`PngSink draws how much a ${width} × ${height} mask covers, within ${maxSide} pixels`, async () => {
    const scale = Math.ceil(Math.max(width, height) / maxSide);
    const masks = [0, 0.5, 0.9, 1].map((density) =>
      randomMask(width, height, { seed: 3, density })
    );
    for (const mask of masks) {
      await withFolder(async (folder) => {
        const sink = new PngSink(`${folder}/a.png`, { width, height, maxSide });
        await writeBands(streamed(bandsOf(mask, [2, 5])), [sink]);
        const png = decode(await Deno.readFile(`${folder}/a.png`));
        assertEquals([png.width, png.height], [
          Math.ceil(width / scale),
          Math.ceil(height / scale),
        ]);
        const expected = Array.from(png.data, (_, at) => {
          const left = at % png.width * scale,
            top = Math.floor(at / png.width) * scale;
          let sum = 0, count = 0;
          for (let y = top; y < Math.min(height, top + scale); y++) {
            for (
              let x = left;
              x < Math.min(width, left + scale);
              x++, count++
            ) sum += mask.mask[y * width + x];
          }
          return Math.round(sum / count * 255);
        });
        assertEquals([...png.data], expected);
      });
    }
  });
}
