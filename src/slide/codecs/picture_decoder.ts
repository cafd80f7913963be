import { type BlockJob, PNG } from "./block_job.ts";
import { decodeJpeg } from "./decode_jpeg.ts";
import { decodeJpeg2000 } from "./decode_jpeg2000.ts";
import { decodeLerc } from "./decode_lerc.ts";
import { decodePng } from "./decode_png.ts";
import { decodeWebp } from "./decode_webp.ts";

/** Decodes a block that is a complete picture to one byte per sample: `width * height * samples`, or more rows. */
export type PictureDecoder = (
  data: Uint8Array<ArrayBuffer>,
  job: BlockJob,
) => Promise<Uint8Array>;

const DECODERS: { readonly [compression: number]: PictureDecoder } = {
  [PNG]: decodePng,
  7: decodeJpeg,
  33003: decodeJpeg2000,
  33004: decodeJpeg2000,
  33005: decodeJpeg2000,
  34712: decodeJpeg2000,
  34887: decodeLerc,
  50001: decodeWebp,
};

/** The decoder of schemes whose blocks are pictures; `undefined` for those whose blocks are bytes. */
export function pictureDecoder(
  compression: number,
): PictureDecoder | undefined {
  return DECODERS[compression];
}
