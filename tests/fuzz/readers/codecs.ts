// Each codec, fed blocks as they lie in a TIFF.
import { deflateSync } from "node:zlib";
import { readTiffPages } from "../../../src/slide/tiff/read_tiff_pages.ts";
import { blobSource } from "../../../src/slide/byte_source.ts";
import { makeTiff, type PageSpec } from "../../helpers/make_tiff.ts";
import { noise } from "../../helpers/noise.ts";
import { damageBytes } from "../mutate/bytes.ts";
import { mutateJpeg } from "../mutate/chunks.ts";
import type { Bytes, Reader } from "../reader.ts";
import { goldens } from "./goldens.ts";
import { readCorners } from "./slides.ts";

/** Where a codec's sound blocks come from, and the tags of the page around them. */
interface CodecCase {
  readonly name: string;
  readonly compression: number;
  readonly blocks: () => Promise<Bytes[]>;
  readonly tags?: PageSpec["tags"];
  readonly mutate?: Reader["mutate"];
  readonly side?: { readonly width: number; readonly height: number };
}

/** The blocks of golden files. */
async function blocksOf(name: string): Promise<Bytes[]> {
  const blocks: Bytes[] = [];
  for (const file of await goldens("tiff", `/${name}`)) {
    const [page] = await readTiffPages(blobSource(new Blob([file])));
    const { offsets, byteCounts } = await page.loadTable();
    for (let i = 0; i < offsets.length; i++) {
      blocks.push(file.slice(offsets[i], offsets[i] + byteCounts[i]));
    }
  }
  return blocks;
}

const picture = { width: 24, height: 20 };

const CASES: readonly CodecCase[] = [
  { name: "lzw", compression: 5, blocks: () => blocksOf("lzw_tiles.tif") },
  {
    name: "pack_bits",
    compression: 32773,
    blocks: () => blocksOf("packbits_tiles.tif"),
  },
  {
    name: "deflate",
    compression: 8,
    tags: { 317: 2 },
    blocks: () => Promise.resolve([new Uint8Array(deflateSync(noise(16, 16)))]),
  },
  {
    name: "zstd",
    compression: 50000,
    blocks: () => blocksOf("zstd_tiles.tif"),
  },
  {
    name: "webp",
    compression: 50001,
    blocks: () => blocksOf("webp_tiles.tif"),
  },
  {
    name: "lerc",
    compression: 34887,
    tags: { 50674: [4, 0] },
    blocks: () => blocksOf("lerc_tiles.tif"),
  },
  {
    name: "lerc_deflate",
    compression: 34887,
    tags: { 50674: [4, 1] },
    blocks: () => blocksOf("lerc_deflate_tiles.tif"),
  },
  {
    name: "lerc_zstd",
    compression: 34887,
    tags: { 50674: [4, 2] },
    blocks: () => blocksOf("lerc_zstd_tiles.tif"),
  },
  {
    name: "jpeg_block",
    compression: 7,
    side: picture,
    tags: { 262: 6 },
    mutate: [mutateJpeg],
    blocks: () => goldens("pictures", "/ycbcr.jpg"),
  },
  {
    name: "jpeg_cmyk",
    compression: 7,
    side: picture,
    tags: { 262: 5 },
    mutate: [mutateJpeg],
    blocks: () => goldens("pictures", "/cmyk.jpg"),
  },
  {
    name: "jpeg2000",
    compression: 33005,
    side: picture,
    mutate: [mutateJpeg], // segments have the same form
    blocks: () => goldens("tiff", "/rgb.j2k"),
  },
];

export const CODEC_READERS: readonly Reader[] = CASES.map((
  { name, compression, blocks, tags, mutate, side },
) => ({
  name,
  corpus: blocks,
  mutate: mutate ?? [damageBytes],
  async read(input) {
    const { width, height } = side ?? { width: 16, height: 16 };
    const samples = name === "jpeg_cmyk" ? 4 : 3;
    const file = await makeTiff([{
      width,
      height,
      samples,
      pixels: new Uint8Array(),
      blocks: [input],
      tags: { 259: compression, ...tags },
      ...(!side && { tile: { width: 16, height: 16 } }),
    }]);
    await readCorners(new Blob([file]));
  },
}));
