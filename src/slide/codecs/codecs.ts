import { BMP_FILE } from "./bmp.ts";
import type { Codec } from "./codec.ts";
import { CZI_PIXELS } from "./czi.ts";
import { DEFLATE } from "./deflate.ts";
import { JPEG } from "./jpeg.ts";
import { JPEG_2000 } from "./jpeg2000.ts";
import { JPEG_LS } from "./jpeg_ls.ts";
import { JPEG_XR } from "./jpeg_xr.ts";
import { LERC } from "./lerc.ts";
import { LZW } from "./lzw.ts";
import { PACK_BITS } from "./pack_bits.ts";
import { PNG_FILE } from "./png.ts";
import { RLE } from "./rle.ts";
import { WEBP } from "./webp.ts";
import { ZARR_CHUNKS } from "./zarr.ts";
import { ZSTD } from "./zstd.ts";

const NONE: Codec = { ids: [1], name: "none", unpack: (data) => data };

/** All supported codecs: a new one is a file and a row here. */
const CODECS: readonly Codec[] = [
  NONE,
  LZW,
  JPEG,
  DEFLATE,
  PACK_BITS,
  JPEG_2000,
  JPEG_LS,
  JPEG_XR,
  LERC,
  RLE,
  ZSTD,
  WEBP,
  PNG_FILE,
  BMP_FILE,
  CZI_PIXELS,
  ZARR_CHUNKS,
];

/** Names of some unsupported schemes. */
const UNREAD: { readonly [id: number]: string } = {
  2: "CCITT 1D",
  3: "CCITT group 3",
  4: "CCITT group 4",
  6: "old-style JPEG",
  34925: "LZMA",
  50002: "JPEG XL",
};

const BY_ID = new Map(
  CODECS.flatMap((codec) => codec.ids.map((id) => [id, codec] as const)),
);

/** The codec of a TIFF compression number; `undefined` if it is not supported. */
export function codecOf(compression: number): Codec | undefined {
  return BY_ID.get(compression);
}

/** The name of a scheme, supported or not. */
export function codecName(compression: number): string {
  return codecOf(compression)?.name ?? UNREAD[compression] ??
    `scheme ${compression}`;
}
