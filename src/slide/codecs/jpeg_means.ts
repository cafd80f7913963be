import { type BlockJob, fitsBlock } from "./block_job.ts";
import { type JpegStream, readJpegStream } from "./jpeg_stream.ts";
import { ycbcrPixelsToRgb } from "./to_rgb.ts";

/** A component of a frame: its sampling factors, and the means of its 8×8 blocks. */
interface Component {
  readonly id: number;
  readonly h: number;
  readonly v: number;
  /** The first factor of its quantization table: that of the mean. */
  readonly step: number;
  dc?: Huffman;
  ac?: Huffman;
  /** Blocks in a row, as its units are stored. */
  readonly columns: number;
  readonly means: Uint8ClampedArray;
}

/** A Huffman table: for the next 16 bits, the length of the code times 256, plus its value; 0 if there is no such code. */
type Huffman = Uint16Array;

/**
 * Decodes the means of the 8×8 pixels of a sequential JPEG, which are its DC coefficients, to RGB of an eighth of its size:
 * the other coefficients are skipped, which takes a third of the time. Returns `undefined` if it is another kind of JPEG, or
 * damaged: then the whole decoder shall say what it is.
 *
 * Source: ITU-T T.81, annexes B and F.
 */
export function decodeJpegMeans(
  data: Uint8Array,
  job: BlockJob,
): Uint8Array | undefined {
  const { format, width, height } = job;
  const stream = readJpegStream(data);
  const { frame } = stream;
  const isPlain = frame && !frame.isProgressive && format.samples < 4 &&
    frame.components === format.samples && fitsBlock(frame, job) &&
    frame.width === width;
  if (!isPlain) return undefined;
  const tables = format.jpegTables && readJpegStream(format.jpegTables);
  const setup = readSegments([...tables?.parts ?? [], ...stream.parts], stream);
  if (!setup || !scan(setup)) return undefined;
  const { components, most } = setup;
  const [columns, rows] = [Math.ceil(width / 8), Math.ceil(height / 8)];
  const out = new Uint8Array(columns * rows * 3);
  for (let channel = 0; channel < 3; channel++) {
    const { means, columns: stored, h, v } = components[channel] ??
      components[0];
    const [stepX, stepY] = [h / most.h, v / most.v];
    for (let y = 0, at = channel; y < rows; y++) {
      const row = Math.floor(y * stepY) * stored;
      for (let x = 0; x < columns; x++, at += 3) {
        out[at] = means[row + Math.floor(x * stepX)];
      }
    }
  }
  const isYcbcr = format.photometric === 6 && components.length === 3;
  return isYcbcr
    ? ycbcrPixelsToRgb(out)
    : format.photometric === 0
    ? out.map((value) => 255 - value)
    : out;
}

interface Setup {
  readonly components: readonly Component[];
  readonly most: { readonly h: number; readonly v: number };
  readonly unitColumns: number;
  readonly unitRows: number;
  /** Units between restarts; 0 for none. */
  readonly interval: number;
  /** The coded data, up to the end of the stream. */
  readonly coded: Uint8Array;
}

/** Reads tables, frame and the head of the scan; `undefined` if it is not one interleaved scan of 8-bit samples. */
function readSegments(
  parts: readonly Uint8Array[],
  { frame }: JpegStream,
): Setup | undefined {
  const steps: number[] = [];
  const huffman: Huffman[] = [];
  let described: Omit<Component, "columns" | "means" | "step">[] = [];
  const quantizers: number[] = [];
  let interval = 0;
  for (const part of parts) {
    const marker = part[1];
    const length = part[2] << 8 | part[3];
    const body = part.subarray(4, 2 + length);
    if (marker === 0xdb) {
      for (let at = 0; at < body.length;) {
        const wide = body[at] >> 4;
        steps[body[at] & 15] = wide
          ? body[at + 1] << 8 | body[at + 2]
          : body[at + 1];
        at += wide ? 129 : 65;
      }
    } else if (marker === 0xc4) {
      for (let at = 0; at + 17 <= body.length;) {
        const counts = body.subarray(at + 1, at + 17);
        const values = counts.reduce((sum, count) => sum + count, 0);
        const table = toTable(counts, body.subarray(at + 17, at + 17 + values));
        if (!table) return undefined;
        huffman[body[at] & 31] = table;
        at += 17 + values;
      }
    } else if (marker === 0xdd) interval = body[0] << 8 | body[1];
    else if (marker === 0xc0 || marker === 0xc1) {
      described = Array.from({ length: body[5] }, (_, i) => {
        const [id, factors, quantizer] = body.subarray(6 + 3 * i);
        quantizers[i] = quantizer;
        return { id, h: factors >> 4, v: factors & 15 };
      });
    } else if (marker === 0xda) {
      const count = body[0];
      if (count !== described.length || !frame) return undefined;
      const most = {
        h: Math.max(...described.map(({ h }) => h)),
        v: Math.max(...described.map(({ v }) => v)),
      };
      const isSound = described.every(({ h, v }) =>
        h >= 1 && v >= 1 && h <= 4 && v <= 4
      );
      if (!isSound) return undefined;
      // A single component is not interleaved, whatever its factors.
      if (count === 1) Object.assign(described[0], { h: 1, v: 1 });
      if (count === 1) Object.assign(most, { h: 1, v: 1 });
      const unitColumns = Math.ceil(frame.width / (8 * most.h));
      const unitRows = Math.ceil(frame.height / (8 * most.v));
      const components = described.map((each, i): Component => {
        const at = [...Array(count).keys()]
          .find((k) => body[1 + 2 * k] === each.id) ?? -1;
        const tables = body[2 + 2 * at];
        return {
          ...each,
          step: steps[quantizers[i]],
          dc: huffman[tables >> 4],
          ac: huffman[16 + (tables & 15)],
          columns: unitColumns * each.h,
          means: new Uint8ClampedArray(
            unitColumns * each.h * unitRows * each.v,
          ),
        };
      });
      const isWhole = components.every(({ dc, ac, step }) => dc && ac && step);
      const coded = part.subarray(2 + length);
      return isWhole
        ? { components, most, unitColumns, unitRows, interval, coded }
        : undefined;
    }
  }
  return undefined;
}

/** The tables of the last blocks: those of a slide share a few. */
const known = new Map<string, Huffman>();
const MOST_KNOWN = 16;

function toTable(
  counts: Uint8Array,
  values: Uint8Array,
): Huffman | undefined {
  const key = `${counts.join()};${values.join()}`;
  const found = known.get(key) ?? makeTable(counts, values);
  if (!found) return undefined;
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(key, found);
  return found;
}

function makeTable(
  counts: Uint8Array,
  values: Uint8Array,
): Huffman | undefined {
  const table = new Uint16Array(1 << 16);
  let code = 0;
  let next = 0;
  for (let length = 1; length <= 16; length++) {
    for (let i = 0; i < counts[length - 1]; i++, next++) {
      const from = code++ << 16 - length;
      if (from >= 1 << 16 || next >= values.length) return undefined;
      table.fill(length << 8 | values[next], from, from + (1 << 16 - length));
    }
    code <<= 1;
  }
  return table;
}

/** More bytes than a block of 64 coefficients may take: what is read beyond the data are zeros. */
const MOST_BLOCK = 272;

/** Decodes the means of all components; returns whether the data sufficed. */
function scan(
  { components, unitColumns, unitRows, interval, coded }: Setup,
): boolean {
  const units = unitColumns * unitRows;
  const segments = interval > 0 ? Math.ceil(units / interval) : 1;
  let from = 0;
  const bytes = new Uint8Array(coded.length + MOST_BLOCK);
  const view = new DataView(bytes.buffer);
  for (let segment = 0, unit = 0; segment < segments; segment++) {
    const { length, end } = unstuff(coded, from, bytes);
    bytes.fill(0, length, length + MOST_BLOCK);
    from = end;
    const last = interval > 0 ? Math.min(units, unit + interval) : units;
    const before = components.map(() => 0);
    let at = 0;
    for (; unit < last; unit++) {
      const column = unit % unitColumns;
      const row = (unit - column) / unitColumns;
      for (let i = 0; i < components.length; i++) {
        const { h, v, step, columns, means } = components[i];
        const dc = components[i].dc!;
        const ac = components[i].ac!;
        for (let y = 0; y < v; y++) {
          for (let x = 0; x < h; x++) {
            let code = dc[view.getUint32(at >>> 3) << (at & 7) >>> 16];
            if (code === 0) return false;
            at += code >> 8;
            const size = code & 255;
            if (size > 11) return false;
            if (size > 0) {
              const bits = view.getUint32(at >>> 3) << (at & 7) >>> 32 - size;
              before[i] += bits < 1 << size - 1 ? bits + 1 - (1 << size) : bits;
              at += size;
            }
            means[(row * v + y) * columns + column * h + x] = 128 +
              before[i] * step / 8;
            for (let k = 1; k < 64;) {
              code = ac[view.getUint32(at >>> 3) << (at & 7) >>> 16];
              if (code === 0) return false;
              const bits = code & 15;
              at += (code >> 8) + bits;
              if (bits === 0 && (code & 255) !== 0xf0) break;
              k += (code >> 4 & 15) + 1;
            }
            if (at > length * 8) return false;
          }
        }
      }
    }
  }
  return true;
}

/** Copies coded data up to the next marker, without the zeros that follow bytes of 255. */
function unstuff(
  coded: Uint8Array,
  from: number,
  into: Uint8Array,
): { readonly length: number; readonly end: number } {
  let length = 0;
  for (let at = from;;) {
    const found = coded.indexOf(0xff, at);
    const stop = found < 0 ? coded.length : found;
    into.set(coded.subarray(at, stop), length);
    length += stop - at;
    if (found < 0 || found + 1 >= coded.length) {
      return { length, end: coded.length };
    }
    const next = coded[found + 1];
    if (next === 0) into[length++] = 0xff;
    else if (next !== 0xff) return { length, end: found + 2 };
    at = found + (next === 0xff ? 1 : 2);
  }
}
