import { assertEquals } from "@std/assert";
import type { ByteSource } from "../src/slide/byte_source.ts";
import { withFolder } from "../src/slide/folder.ts";
import { openSlideFile } from "../src/slide/open_slide_file.ts";
import { streamTiles } from "../src/tiles/stream_tiles.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";

/** A file in memory that counts how often each place is read. */
function countingSource(
  file: Uint8Array,
): ByteSource & { reads: Map<number, number> } {
  const reads = new Map<number, number>();
  return {
    reads,
    size: file.length,
    read(offset: number, length: number) {
      reads.set(offset, (reads.get(offset) ?? 0) + 1);
      return Promise.resolve(
        new Uint8Array(file.subarray(offset, offset + length)),
      );
    },
    close: () => Promise.resolve(),
  };
}

Deno.test("streamTiles() has each block decoded once, though tiles overlap and the cache is smaller than a row of them", async () => {
  const [width, height, block] = [1400, 600, 32];
  const page = {
    width,
    height,
    pixels: noise(width, height),
    tile: { width: block, height: block },
    compression: "deflate" as const,
  };
  const source = countingSource(await makeTiff([page]));
  const tiles = { size: 96, expansion: 32, downsample: 2 };
  const side = 256;
  const overlap = 64;
  // What the next row shares, and what is being read: the rule by which a slide chooses its cache.
  const cacheBytes = width * 3 * (overlap + 2 * block) + side * side * 3 * 2;
  await using slide = await openSlideFile(
    withFolder(source, {
      access: { open: () => Promise.reject(new Error("none")) },
    }),
    {
      name: "made",
      cacheBytes,
      threads: 0,
    },
  );
  source.reads.clear();
  // deno-lint-ignore no-empty
  for await (const _ of streamTiles(slide, tiles)) {}
  const blocks = Math.ceil(width / block) * Math.ceil(height / block);
  assertEquals(source.reads.size, blocks);
  assertEquals(Math.max(...source.reads.values()), 1);
});
