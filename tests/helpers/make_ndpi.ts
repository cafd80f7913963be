import { readJpegStream } from "../../src/slide/codecs/jpeg_stream.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The part of libjpeg-turbo's WebAssembly build that is used. */
interface Encoder {
  getDecodedBuffer(frame: object): Uint8Array;
  setQuality(quality: number): void;
  setSubSampling(mode: number): void;
  setProgressive(progressive: boolean): void;
  encode(): void;
  getEncodedBuffer(): Uint8Array;
}

interface JpegOptions {
  /** 4:4:4, 4:2:2 or 4:2:0. Default: 0, the first. */
  readonly subsampling?: 0 | 1 | 2;
  /** Default: 95. */
  readonly quality?: number;
}

let loaded: Promise<Encoder> | undefined;

async function loadEncoder(): Promise<Encoder> {
  const { default: load } = await import(
    "../../src/slide/codecs/wasm/libjpeg_turbo.js"
  );
  const quiet = (): void => {};
  const module = await load({ print: quiet, printErr: quiet });
  const encoder: Encoder = new module.JPEGEncoder();
  encoder.setProgressive(false);
  return encoder;
}

/** A smooth picture, which JPEG changes little, and no part of which is like another. */
export function smoothPicture(
  { width, height }: Size,
  seed = 0,
): Uint8Array {
  const wave = (value: number, period: number) =>
    Math.round(Math.abs(value % period - period / 2) / period * 400);
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return [wave(x + seed, 700), wave(y + 3 * seed, 90), wave(x + y, 1300)][
      i % 3
    ];
  });
}

/** Encodes a picture as JPEG; a smooth one, since the encoder's buffer is as large as its pixels. */
export async function makeJpeg(
  pixels: Uint8Array,
  size: Size,
  { subsampling = 0, quality = 95 }: JpegOptions = {},
): Promise<Uint8Array> {
  const encoder = await (loaded ??= loadEncoder());
  encoder.setSubSampling(subsampling);
  encoder.setQuality(quality);
  const frame = { bitsPerSample: 8, componentCount: 3, isSigned: false };
  encoder.getDecodedBuffer({ ...size, ...frame }).set(pixels);
  encoder.encode();
  return Uint8Array.from(encoder.getEncodedBuffer());
}

/** A JPEG with restart markers, and where each interval begins. */
export interface RestartJpegMade {
  readonly jpeg: Uint8Array;
  readonly starts: readonly number[];
}

/**
 * Encodes a picture as one JPEG whose restart intervals are tiles, a row of MCUs high or more. A side that 16 bits cannot hold is
 * 0 in its header, as Hamamatsu writes it.
 */
export async function makeRestartJpeg(
  pixels: Uint8Array,
  { width, height }: Size,
  { tile = 1024, rows = 1, ...options }: JpegOptions & {
    readonly tile?: number;
    /** Rows of MCUs in an interval, if a row is one tile. */
    readonly rows?: number;
  } = {},
): Promise<RestartJpegMade> {
  const { subsampling = 0 } = options;
  const unit = {
    width: subsampling === 0 ? 8 : 16,
    height: subsampling === 2 ? 16 : 8,
  };
  const step = unit.height * rows;
  const bottom = Math.ceil(height / unit.height) * unit.height;
  const scans: Uint8Array[] = [];
  let head: Uint8Array[] = [];
  for (let top = 0; top < height; top += step) {
    for (let left = 0; left < width; left += tile) {
      const size = { width: tile, height: Math.min(step, bottom - top) };
      const part = new Uint8Array(tile * size.height * 3);
      for (let i = 0; i < part.length; i++) {
        const x = Math.min(width - 1, left + Math.floor(i / 3) % tile);
        const y = Math.min(height - 1, top + Math.floor(i / 3 / tile));
        part[i] = pixels[(y * width + x) * 3 + i % 3];
      }
      const { parts } = readJpegStream(await makeJpeg(part, size, options));
      const scan = parts.at(-1)!;
      const scanHead = 2 + (scan[2] << 8 | scan[3]);
      const end = scan.findLastIndex((byte, i) =>
        byte === 0xff && scan[i + 1] === 0xd9
      );
      scans.push(scan.subarray(scanHead, end));
      head = [...parts.slice(0, -1), scan.subarray(0, scanHead)];
    }
  }
  setSize(head.find((segment) => segment[1] === 0xc0)!, { width, height });
  const interval = tile / unit.width * rows;
  const restart = Uint8Array.of(0xff, 0xdd, 0, 4, interval >> 8, interval);
  head.splice(-1, 0, restart);
  return joinScans(join([Uint8Array.of(0xff, 0xd8), ...head]), scans);
}

/** Repeats a picture whose rows are single tiles to one of another size, with the same intervals. */
export function repeatRestartJpeg(
  { jpeg, starts }: RestartJpegMade,
  { across, count, ...size }: Size & {
    /** Tiles in a row. */
    readonly across: number;
    /** Rows of tiles. */
    readonly count: number;
  },
): RestartJpegMade {
  const head = jpeg.slice(0, starts[0]);
  const frame = head.findIndex((byte, i) =>
    byte === 0xff && head[i + 1] === 0xc0
  );
  setSize(head.subarray(frame), size);
  const scans = starts.map((start, i) =>
    jpeg.subarray(start, (starts[i + 1] ?? jpeg.length) - 2)
  );
  return joinScans(
    head,
    Array.from(
      { length: across * count },
      (_, i) => scans[Math.floor(i / across) % scans.length],
    ),
  );
}

/** Writes a size into the segment of a frame. */
function setSize(frame: Uint8Array, { width, height }: Size): void {
  const view = new DataView(frame.buffer, frame.byteOffset);
  view.setUint16(5, height > 65535 ? 0 : height);
  view.setUint16(7, width > 65535 ? 0 : width);
}

/** A header, and intervals with markers between them. */
function joinScans(
  head: Uint8Array,
  scans: readonly Uint8Array[],
): RestartJpegMade {
  const starts: number[] = [];
  const out = [head];
  let end = head.length;
  for (const [i, scan] of scans.entries()) {
    starts.push(end);
    const marker = i + 1 < scans.length ? 0xd0 + i % 8 : 0xd9;
    out.push(scan, Uint8Array.of(0xff, marker));
    end += scan.length + 2;
  }
  return { jpeg: join(out), starts };
}

/** A page of an NDPI made for a test. */
export interface NdpiPage extends Size {
  readonly jpeg: Uint8Array;
  readonly starts?: readonly number[];
  /** Default: 40. */
  readonly lens?: number;
  readonly focus?: number;
  /** Further tags, or others in place of the usual: LONG, ASCII; `undefined` leaves one out. */
  readonly tags?: {
    readonly [tag: number]: number | readonly number[] | string | undefined;
  };
}

const [SHORT, LONG, RATIONAL, SLONG, FLOAT] = [3, 4, 5, 9, 11];
const TYPES: { readonly [tag: number]: number } = {
  ...{ 258: SHORT, 259: SHORT, 262: SHORT, 277: SHORT, 296: SHORT },
  ...{ 282: RATIONAL, 283: RATIONAL, 65421: FLOAT, 65424: SLONG },
};

/** Writes an NDPI as Hamamatsu's scanners do: 64-bit links, entries out of order, and the high halves of their values. */
export function makeNdpi(
  pages: readonly NdpiPage[],
  { gap = 0, loop = false }: {
    /** Bytes that are left out after the header; the result begins with the header and goes on after them. */
    readonly gap?: number;
    /** Makes the last page's link lead back to the first. */
    readonly loop?: boolean;
  } = {},
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const head = new DataView(new ArrayBuffer(12));
  head.setUint32(0, 0x002a4949, true);
  parts.push(new Uint8Array(head.buffer));
  let end = 12 + gap;
  let link = (at: number) => head.setBigUint64(4, BigInt(at), true);
  const first = link;
  const put = (bytes: Uint8Array): number => {
    parts.push(bytes);
    end += bytes.length;
    return end - bytes.length;
  };
  let firstDirectory = 0;
  for (const { width, height, jpeg, starts, lens = 40, focus, tags } of pages) {
    const at = put(jpeg);
    const entries = Object.entries({
      65421: lens,
      65424: focus ?? 0,
      256: width,
      257: height,
      65426: starts,
      258: [8, 8, 8],
      259: 7,
      262: 6,
      271: "Hamamatsu",
      273: at,
      277: 3,
      279: jpeg.length,
      282: [400_000_000, 10_000],
      283: [400_000_000, 10_000],
      296: 3,
      65420: 1,
      ...tags,
    }).filter(([, value]) => value !== undefined).reverse();
    const { length } = entries;
    const low = new DataView(new ArrayBuffer(2 + 12 * length));
    const high = new DataView(new ArrayBuffer(8 + 4 * length));
    low.setUint16(0, length, true);
    entries.forEach(([key, value], i) => {
      const tag = Number(key);
      const type = typeof value === "string" ? 2 : TYPES[tag] ?? LONG;
      const values = typeof value === "string"
        ? [...new TextEncoder().encode(`${value}\0`)]
        : [value!].flat();
      const bytes = pack(type, values);
      low.setUint16(2 + 12 * i, tag, true);
      low.setUint16(4 + 12 * i, type, true);
      const count = values.length / (type === RATIONAL ? 2 : 1);
      low.setUint32(6 + 12 * i, count, true);
      const isInline = bytes.length <= 4 && type !== 2;
      const inline = isInline ? values[0] : put(bytes);
      if (isInline) new Uint8Array(low.buffer).set(bytes, 10 + 12 * i);
      else low.setUint32(10 + 12 * i, inline % 2 ** 32, true);
      if (type === LONG || !isInline) {
        high.setUint32(8 + 4 * i, Math.floor(inline / 2 ** 32), true);
      }
    });
    const directory = put(new Uint8Array(low.buffer));
    firstDirectory ||= directory;
    put(new Uint8Array(high.buffer));
    link(directory);
    link = (at) => high.setBigUint64(0, BigInt(at), true);
  }
  if (loop && link !== first) link(firstDirectory);
  return join(parts);
}

function pack(type: number, values: readonly number[]): Uint8Array {
  const size = type === 2 ? 1 : type === SHORT ? 2 : 4;
  const view = new DataView(new ArrayBuffer(size * values.length));
  values.forEach((value, i) => {
    if (size === 1) view.setUint8(i, value);
    else if (size === 2) view.setUint16(2 * i, value, true);
    else if (type === FLOAT) view.setFloat32(4 * i, value, true);
    else if (type === SLONG) view.setInt32(4 * i, value, true);
    else view.setUint32(4 * i, value % 2 ** 32, true);
  });
  return new Uint8Array(view.buffer);
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  return bytes;
}
