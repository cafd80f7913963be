import type { BlockJob } from "./block_job.ts";

/**
 * Decodes a WebP block to `width * height * samples` bytes: RGB, or RGBA where there are four samples.
 *
 * Source: RFC 9649.
 *
 * @throws {SyntaxError} If the data are damaged, or differ from what the page says.
 */
export async function decodeWebp(
  data: Uint8Array<ArrayBuffer>,
  { format, width, height, maxHeight }: BlockJob,
): Promise<Uint8Array> {
  const size = readSize(data);
  if (
    size.width !== width || size.height < height || size.height > maxHeight
  ) {
    throw new SyntaxError(
      `its WebP data are ${size.width}×${size.height} where the page says ${width}×${height}`,
    );
  }
  const { default: decode } = await import("@jsquash/webp/decode.js").catch(
    (cause) => {
      throw new Error("the WebP decoder cannot be loaded", { cause });
    },
  );
  const picture = await decode(data as unknown as ArrayBuffer).catch(
    (cause: unknown) => {
      throw new SyntaxError("its WebP data are damaged", { cause });
    },
  );
  const rgba = picture.data;
  if (format.samples === 4) return new Uint8Array(rgba.buffer, 0, rgba.length);
  const rgb = new Uint8Array(rgba.length / 4 * 3);
  for (let i = 0, j = 0; j < rgb.length; i += 4, j += 3) {
    rgb[j] = rgba[i];
    rgb[j + 1] = rgba[i + 1];
    rgb[j + 2] = rgba[i + 2];
  }
  return rgb;
}

/** The picture's size, from the first chunk of its file. */
function readSize(data: Uint8Array): { width: number; height: number } {
  const text = (at: number): string =>
    String.fromCharCode(...data.subarray(at, at + 4));
  if (data.length < 30 || text(0) !== "RIFF" || text(8) !== "WEBP") {
    throw new SyntaxError("its WebP data have no header");
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  switch (text(12)) {
    case "VP8 ":
      return {
        width: view.getUint16(26, true) & 0x3fff,
        height: view.getUint16(28, true) & 0x3fff,
      };
    case "VP8L": {
      const bits = view.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: (bits >> 14 & 0x3fff) + 1 };
    }
    default:
      return {
        width: (view.getUint32(24, true) & 0xffffff) + 1,
        height: (view.getUint32(26, true) >>> 8) + 1,
      };
  }
}
