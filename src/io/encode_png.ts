import { rgbOf } from "./classes.ts";

/** A picture of 8 bits per sample. */
export interface PngPicture {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** Samples per pixel: gray, RGB or RGBA. */
  readonly channels: 1 | 3 | 4;
  /** Colors of the values of one sample, such as `#e69f00`, at most 256. Default: they are gray. */
  readonly palette?: readonly string[];
  /** Returns a row's samples; rows are requested from top to bottom. */
  readonly row: (y: number) => Uint8Array;
  /** The text chunk `Software`, in Latin-1. Default: none. */
  readonly software?: string;
}

const SIGNATURE = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
const COLOR_TYPES = { 1: 0, 3: 2, 4: 6 } as const;
const PALETTE = 3;
/** Filters of rows. */
const NONE = 0, UP = 2;
/** Bytes of rows to compress at a time. */
const PIECE = 1 << 18;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

/**
 * Encodes a picture as a PNG, piece by piece, with the runtime's compression: the picture is never in memory as a whole, and other work continues between the pieces.
 *
 * Source: Portable Network Graphics (W3C), RFC 1950.
 */
export async function* encodePng(
  picture: PngPicture,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const { width, height, channels, palette } = picture;
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8);
  header.setUint8(9, palette ? PALETTE : COLOR_TYPES[channels]);
  yield SIGNATURE;
  yield chunk("IHDR", new Uint8Array(header.buffer));
  if (palette) yield chunk("PLTE", Uint8Array.from(palette.flatMap(rgbOf)));
  if (picture.software) yield textChunk("Software", picture.software);
  const { readable, writable } = new CompressionStream("deflate");
  const written = compress(picture, writable.getWriter());
  written.catch(() => {}); // The reader gets the error first, or has stopped.
  for await (const part of readable) yield chunk("IDAT", part);
  await written;
  yield chunk("IEND", new Uint8Array(0));
}

/** Writes the rows, each after its filter byte: photographs shrink by a fifth as differences from the row above. */
async function compress(
  { width, height, channels, row }: PngPicture,
  writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>,
): Promise<void> {
  const filter = channels === 3 ? UP : NONE;
  const stride = width * channels + 1;
  const rows = Math.min(height, Math.max(1, Math.floor(PIECE / stride)));
  const piece = new Uint8Array(rows * stride);
  const above = new Uint8Array(stride - 1);
  for (let y = 0; y < height; y += rows) {
    const count = Math.min(rows, height - y);
    for (let i = 0; i < count; i++) {
      const samples = row(y + i);
      const line = piece.subarray(i * stride, (i + 1) * stride);
      line[0] = filter;
      line.set(samples, 1);
      if (filter === NONE) continue;
      for (let at = 0; at < above.length; at++) line[at + 1] -= above[at];
      above.set(samples); // Their array may be reused.
    }
    await writer.write(piece.subarray(0, count * stride)); // It is reused.
  }
  await writer.close();
}

function textChunk(name: string, text: string): Uint8Array<ArrayBuffer> {
  const characters = `${name}\0${text}`;
  return chunk(
    "tEXt",
    Uint8Array.from(characters, (one) => one.charCodeAt(0)),
  );
}

function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(data, 8);
  let crc = ~0;
  for (let at = 4; at < bytes.length - 4; at++) {
    crc = CRC_TABLE[(crc ^ bytes[at]) & 255] ^ (crc >>> 8);
  }
  view.setUint32(bytes.length - 4, ~crc >>> 0);
  return bytes;
}

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
