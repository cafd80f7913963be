import { ycbcrPixelsToRgb } from "./ycbcr_to_rgb.ts";

/** How a four-color JPEG stores its inks. */
export interface CmykOptions {
  /** Whether cyan, magenta and yellow are stored as YCbCr of their complements (YCCK). */
  readonly transform: boolean;
  /** Whether 255 is no ink, as Adobe's programs write it. */
  readonly inverted: boolean;
}

/** Decodes a four-color JPEG stream, in parts, to CMYK: libjpeg-turbo's build makes RGB only. */
export async function decodeJpegCmyk(
  parts: readonly Uint8Array[],
  { transform, inverted }: CmykOptions,
): Promise<Uint8Array> {
  const { getDecoder } = await import("geotiff");
  const stream = await new Blob(parts as Uint8Array<ArrayBuffer>[])
    .arrayBuffer();
  let inks: Uint8Array;
  try {
    const jpeg = await getDecoder(7, {
      tileWidth: 0,
      tileHeight: 0,
      planarConfiguration: 1,
      bitsPerSample: [8, 8, 8, 8],
      predictor: 1,
    });
    inks = new Uint8Array(await jpeg.decodeBlock(stream) as ArrayBuffer);
  } catch (cause) {
    throw new SyntaxError("its JPEG data are damaged", { cause });
  }
  if (transform) untransform(inks);
  if (inverted) inks.forEach((ink, i) => inks[i] = 255 - ink);
  return inks;
}

/** YCCK is YCbCr of the complements of cyan, magenta and yellow; the black ink is stored as it is. */
function untransform(inks: Uint8Array): void {
  const pixel = new Uint8Array(3);
  for (let i = 0; i < inks.length; i += 4) {
    pixel.set(inks.subarray(i, i + 3));
    ycbcrPixelsToRgb(pixel);
    for (let c = 0; c < 3; c++) inks[i + c] = 255 - pixel[c];
  }
}
