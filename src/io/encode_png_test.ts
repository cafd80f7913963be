import { assertEquals } from "@std/assert";
import { decode } from "fast-png";
import { encodePng, type PngPicture } from "./encode_png.ts";

for (const channels of [1, 3, 4] as const) {
  for (const [width, height] of [[1, 1], [64, 65], [1021, 300]]) {
    Deno.test(`encodePng() of ${width} × ${height} × ${channels} gives the picture back`, async () => {
      const data = Uint8Array.from(
        { length: width * height * channels },
        (_, i) => i * 7 ^ (i >> 8),
      );
      const stride = width * channels;
      const row = (y: number) => data.subarray(y * stride, (y + 1) * stride);
      const picture: PngPicture = { width, height, channels, row };
      const parts = await Array.fromAsync(encodePng(picture));
      const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
      const read = decode(bytes, { checkCrc: true });
      assertEquals([read.width, read.height], [width, height]);
      assertEquals([read.channels, read.depth], [channels, 8]);
      assertEquals(new Uint8Array(read.data), data);
    });
  }
}
