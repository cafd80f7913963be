import { cannot } from "../../errors/cannot.ts";
import type { BlockJob } from "./block_job.ts";
import type { PictureCodec } from "./codec.ts";
import { decodeDeflate } from "./deflate.ts";
import { expandBits } from "./expand_bits.ts";
import { checkMaskSamples } from "./to_mask.ts";
import { decodeZstd } from "./zstd.ts";

/** Esri's LERC. */
export const LERC: PictureCodec = {
  ids: [34887],
  name: "LERC",
  depths: [8, 16, 32, 64],
  decode: decodeLerc,
};

/** The part of LERC's WebAssembly build that is used. */
interface Lerc {
  getBlobInfo(blob: Uint8Array): {
    readonly width: number;
    readonly height: number;
    readonly depthCount: number;
    readonly bandCount: number;
  };
  decode(blob: Uint8Array, options: { returnInterleaved: boolean }): {
    readonly pixels: readonly (Uint8Array | Uint16Array | Float32Array)[];
  };
}

let library: Promise<Lerc> | undefined;

/** Maximum overhead of LERC data, before their second compression, over the samples. */
const HEADER = 1 << 16;

/**
 * Decodes a LERC block to one byte per sample.
 *
 * Source: Esri's LERC specification; libtiff's LercParameters tag.
 *
 * @throws {SyntaxError} If the data are damaged, or differ from what the page says.
 */
export async function decodeLerc(
  data: Uint8Array<ArrayBuffer>,
  { format, width, height, maxHeight }: BlockJob,
): Promise<Uint8Array> {
  const { bits, float, samples } = format;
  const most = width * maxHeight * samples * Math.ceil(bits / 8) * 2 + HEADER;
  const blob = format.lercScheme === 1
    ? await decodeDeflate(data, most)
    : format.lercScheme === 2
    ? await decodeZstd(data, most)
    : data;
  library ??= loadLerc();
  const lerc = await library;
  let decoded: ReturnType<Lerc["decode"]>;
  try {
    const info = lerc.getBlobInfo(blob);
    const depth = info.depthCount * info.bandCount;
    if (
      info.width !== width || info.height < height ||
      info.height > maxHeight || depth !== samples
    ) {
      throw cannot(
        "decode a block",
        `its LERC data are ${info.width}×${info.height}×${depth}, but the page says ${width}×${height}×${samples}`,
        { kind: SyntaxError },
      );
    }
    decoded = lerc.decode(blob, { returnInterleaved: true });
  } catch (cause) {
    if (cause instanceof SyntaxError) throw cause;
    throw cannot("decode a block", "its LERC data are damaged", {
      kind: SyntaxError,
      cause,
    });
  }
  const bands = decoded.pixels.map((pixels) => {
    const bytes = new Uint8Array(
      pixels.buffer,
      pixels.byteOffset,
      pixels.byteLength,
    );
    const bits = pixels.BYTES_PER_ELEMENT * 8;
    if (format.mask) checkMaskSamples(bytes, { ...format, bits });
    return expandBits(bytes, {
      bits,
      float,
      range: format.range,
      isIndex: format.photometric === 3,
      width: pixels.length,
      height: 1,
      mask: format.mask,
    });
  });
  if (bands.length === 1) return bands[0];
  const out = new Uint8Array(bands[0].length * bands.length);
  bands.forEach((band, c) =>
    band.forEach((value, i) => out[i * bands.length + c] = value)
  );
  return out;
}

async function loadLerc(): Promise<Lerc> {
  const { default: load } = await import("./wasm/lerc.js");
  return await load({});
}
