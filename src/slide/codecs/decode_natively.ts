import { cannot } from "../../errors/cannot.ts";

/** The part of a canvas that is used; Deno has the class, but no such context. */
interface Context {
  drawImage(picture: ImageBitmap, x: number, y: number): void;
  getImageData(
    x: number,
    y: number,
    width: number,
    height: number,
  ): { readonly data: Uint8ClampedArray };
}

/**
 * Decodes a JPEG or WebP picture to RGBA with the browser's decoder, for pages whose policy forbids WebAssembly.
 * Returns `undefined` if there is no canvas.
 *
 * @throws {SyntaxError} If the data are damaged.
 */
export async function decodeNatively(
  parts: readonly Uint8Array[],
  type: "image/jpeg" | "image/webp",
): Promise<Uint8ClampedArray | undefined> {
  const context = makeContext(1, 1);
  if (!context) return undefined;
  const blob = new Blob(parts as Uint8Array<ArrayBuffer>[], { type });
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(blob, {
      colorSpaceConversion: "none",
      premultiplyAlpha: "none",
    });
  } catch (cause) {
    throw cannot("decode a block", `its ${type} data are damaged`, {
      kind: SyntaxError,
      cause,
    });
  }
  const { width, height } = picture;
  const canvas = makeContext(width, height)!;
  canvas.drawImage(picture, 0, 0);
  picture.close();
  return canvas.getImageData(0, 0, width, height).data;
}

function makeContext(width: number, height: number): Context | undefined {
  const { OffscreenCanvas } = globalThis as unknown as {
    OffscreenCanvas?: new (width: number, height: number) => {
      getContext(kind: "2d", options: object): Context | null;
    };
  };
  if (!OffscreenCanvas) return undefined;
  try {
    return new OffscreenCanvas(width, height)
      .getContext("2d", { willReadFrequently: true }) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Drops the fourth byte of each pixel, or all but the first. */
export function fromRgba(
  rgba: ArrayLike<number>,
  samples: number,
): Uint8Array {
  const out = new Uint8Array(rgba.length / 4 * samples);
  for (let i = 0, j = 0; j < out.length; i += 4) {
    for (let sample = 0; sample < samples; sample++) {
      out[j++] = rgba[i + sample];
    }
  }
  return out;
}
