import { pngFile } from "../../io/encode_png.ts";

/** The part of libjpeg-turbo's WebAssembly build that is used here. */
interface TurboEncoder {
  getDecodedBuffer(
    frame: {
      width: number;
      height: number;
      bitsPerSample: number;
      componentCount: number;
      isSigned: boolean;
    },
  ): Uint8Array;
  setQuality(quality: number): void;
  setSubSampling(mode: number): void;
  setProgressive(progressive: boolean): void;
  encode(): void;
  getEncodedBuffer(): Uint8Array;
}

/** High enough that no block edge looks like the edge of a nucleus. */
const QUALITY = 90;
const FULL_COLOR = 0; // no chroma subsampling

let encoder: Promise<TurboEncoder> | undefined;

/** Encodes RGB pixels, row by row, as JPEG, or as PNG if the picture is small. */
export async function encodePhoto(
  pixels: Uint8Array,
  size: { readonly width: number; readonly height: number },
): Promise<Uint8Array> {
  if (!hasRoom(size)) {
    return await pngFile({ ...size, channels: 3 }, pixels);
  }
  encoder ??= loadEncoder();
  const turbo = await encoder;
  // Synchronous from here to the copy, so that all calls can share one encoder.
  try {
    const frame = { bitsPerSample: 8, componentCount: 3, isSigned: false };
    turbo.getDecodedBuffer({ ...size, ...frame }).set(pixels);
    turbo.encode();
    return Uint8Array.from(turbo.getEncodedBuffer());
  } catch (error) {
    encoder = undefined; // After an error, its state is unknown.
    throw error;
  }
}

/**
 * The encoder's buffer has the size of the pixels, and is overrun silently. The noisiest pictures take 0.8 of their size in
 * whole blocks of 8×8, after a header of 620 bytes.
 */
function hasRoom(
  { width, height }: { width: number; height: number },
): boolean {
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  return blocks * 64 * 3 * 0.9 + 1000 < width * height * 3;
}

async function loadEncoder(): Promise<TurboEncoder> {
  const { default: load } = await import(
    "../../slide/codecs/wasm/libjpeg_turbo.js"
  );
  const quiet = (): void => {};
  const module = await load({ print: quiet, printErr: quiet });
  const encoder: TurboEncoder = new module.JPEGEncoder();
  encoder.setQuality(QUALITY);
  encoder.setSubSampling(FULL_COLOR);
  encoder.setProgressive(false); // half the time
  return encoder;
}
