import { encodePng, type PngPicture } from "./encode_png.ts";

/** A whole PNG file of a picture, from its samples or from a function that returns a row. */
export async function pngFile(
  size: Omit<PngPicture, "row">,
  samples: Uint8Array | PngPicture["row"],
): Promise<Uint8Array<ArrayBuffer>> {
  const stride = size.width * size.channels;
  const row = samples instanceof Uint8Array
    ? (y: number) => samples.subarray(y * stride, (y + 1) * stride)
    : samples;
  const parts = await Array.fromAsync(encodePng({ ...size, row }));
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
