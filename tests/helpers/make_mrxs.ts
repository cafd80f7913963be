import { pngFile } from "../../src/io/encode_png.ts";
import { noise } from "./noise.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A made slide: photos that were cut into images, each of its own noise. */
export interface MrxsSpec {
  /** Photos across and down. */
  readonly photos?: readonly [number, number];
  /** Images across and down in a photo. */
  readonly divisions?: number;
  readonly image?: readonly [number, number];
  readonly overlap?: readonly [number, number];
  /** The place of each photo; none: there is no position buffer. */
  readonly places?: readonly (readonly [number, number])[];
  readonly deflated?: boolean;
  readonly levels?: number;
  readonly kind?: "PNG" | "BMP24";
  /** A picture that is every image, and its format. */
  readonly picture?: { readonly bytes: Bytes; readonly kind: string };
  /** Photos that were not taken. */
  readonly missing?: readonly number[];
  /** Red, green, blue. */
  readonly fill?: readonly [number, number, number];
  /** The picture of label, macro and thumbnail. */
  readonly beside?: Bytes;
  /** Changes Slidedat.ini. */
  readonly ini?: (text: string) => string;
  /** Changes the index's integers, after version and ID. */
  readonly index?: (integers: number[]) => void;
  /** The ID in the second data file. Default: the slide's. */
  readonly otherId?: string;
}

export const MRXS_ID = "0123456789ABCDEF0123456789ABCDEF";
const HEAD = 5 + MRXS_ID.length;
const ascii = (text: string): Bytes => new TextEncoder().encode(text);

/** The pixels of an image of a made slide. */
export function mrxsImage(
  { image: [width, height] = [12, 10] }: MrxsSpec,
  { level, cell }: { readonly level: number; readonly cell: number },
): Uint8Array {
  return noise(width, height).map((value, i) =>
    value ^ (level * 53 + cell * 37 + i % 3 * 11) % 256
  );
}

/** A BMP of 24 bits, its rows from the bottom to the top. */
export function makeBmp(
  rgb: Uint8Array,
  [width, height]: readonly [number, number],
): Bytes {
  const stride = Math.ceil(width * 3 / 4) * 4;
  const file = new Uint8Array(54 + stride * height);
  const view = new DataView(file.buffer);
  file.set(ascii("BM"));
  view.setUint32(2, file.length, true);
  view.setUint32(10, 54, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 54 + stride * (height - 1 - y) + x * 3;
      const from = (y * width + x) * 3;
      file.set(rgb.subarray(from, from + 3).toReversed(), at);
    }
  }
  return file;
}

/** Makes the files of a slide, by their paths; `a.mrxs` is the first. */
export async function makeMrxs(
  spec: MrxsSpec = {},
): Promise<Map<string, Bytes>> {
  const {
    photos = [2, 2],
    divisions = 2,
    image = [12, 10],
    overlap = [4, 2],
    places,
    deflated = false,
    levels = 2,
    kind = "BMP24",
    picture,
    missing = [],
    fill = [255, 255, 255],
    beside,
    otherId = MRXS_ID,
  } = spec;
  const [across, down] = photos.map((count) => count * divisions);
  const data = [MRXS_ID, otherId].map((id, i) => [ascii(`01.02${id}00${i}`)]);
  let turn = 0;
  const put = (bytes: Bytes): number[] => {
    const file = turn++ % data.length;
    const offset = data[file].reduce((sum, { length }) => sum + length, 0);
    data[file].push(bytes);
    return [offset, bytes.length, file];
  };
  const encode = async (level: number, cell: number): Promise<Bytes> => {
    if (picture) return picture.bytes;
    const rgb = mrxsImage({ image }, { level, cell });
    if (kind === "BMP24") return makeBmp(rgb, image);
    const [width, height] = image;
    return await pngFile({ width, height, channels: 3 }, rgb);
  };
  const hier: number[][][] = [];
  for (let level = 0; level < levels; level++) {
    const step = 2 ** level;
    const columns = Math.ceil(across / step);
    const items: number[][] = [];
    for (let y = 0; y < down; y += step) {
      for (let x = 0; x < across; x += step) {
        if (isEmpty(x, y, step)) continue;
        const cell = y / step * columns + x / step;
        items.push([y * across + x, ...put(await encode(level, cell))]);
      }
    }
    hier.push(items);
  }
  function isEmpty(x: number, y: number, step: number): boolean {
    for (let j = y; j < Math.min(down, y + step); j++) {
      for (let i = x; i < Math.min(across, x + step); i++) {
        const photo = Math.floor(j / divisions) * photos[0] +
          Math.floor(i / divisions);
        if (!missing.includes(photo)) return false;
      }
    }
    return true;
  }
  const nonHier = [0, 1, 2].map(() => beside ? [[0, 0, ...put(beside)]] : []);
  if (places) {
    const buffer = new Uint8Array(9 * places.length);
    const view = new DataView(buffer.buffer);
    places.forEach(([x, y], i) => {
      buffer[i * 9] = missing.includes(i) ? 0 : 1;
      view.setInt32(i * 9 + 1, x, true);
      view.setInt32(i * 9 + 5, y, true);
    });
    const stored = deflated ? await deflate(buffer) : buffer;
    nonHier.push([[0, 0, ...put(stored)]]);
  }
  const index = indexOf(hier, nonHier);
  spec.index?.(index);
  const text = slidedat({
    ...{ across, down, divisions, image, overlap, levels, fill },
    kind: picture?.kind ?? kind,
    layer: places &&
      (deflated ? "StitchingIntensityLayer" : "VIMSLIDE_POSITION_BUFFER"),
  });
  const join = (parts: readonly Bytes[]) =>
    new Uint8Array(parts.flatMap((part) => [...part]));
  const integers = new Uint8Array(Int32Array.from(index).buffer);
  return new Map<string, Bytes>([
    ["a.mrxs", new Uint8Array(0)],
    ["a/Slidedat.ini", ascii(spec.ini?.(text) ?? text)],
    ["a/Index.dat", join([ascii(`01.02${MRXS_ID}`), integers])],
    ["a/Data0000.dat", join(data[0])],
    ["a/Data0001.dat", join(data[1])],
  ]);
}

async function deflate(bytes: Bytes): Promise<Bytes> {
  const stream = new Blob([bytes]).stream()
    .pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The index after version and ID, as integers: pointers count bytes from the start of the file. */
function indexOf(
  hier: readonly number[][][],
  nonHier: readonly number[][][],
): number[] {
  const out = [0, 0];
  const here = () => HEAD + out.length * 4;
  for (const [i, records] of [hier, nonHier].entries()) {
    out[i] = here();
    const table = out.length;
    out.push(...records.map(() => 0));
    for (const [j, items] of records.entries()) {
      out[table + j] = here();
      out.push(0, here() + 8, items.length, 0, ...items.flat());
    }
  }
  return out;
}

function slidedat(
  { across, down, divisions, image, overlap, levels, fill, kind, layer }: {
    readonly across: number;
    readonly down: number;
    readonly divisions: number;
    readonly image: readonly [number, number];
    readonly overlap: readonly [number, number];
    readonly levels: number;
    readonly fill: readonly [number, number, number];
    readonly kind: string;
    readonly layer?: string;
  },
): string {
  const each = <T>(count: number, line: (i: number) => T): T[] =>
    Array.from({ length: count }, (_, i) => line(i));
  const beside = ["Thumbnail", "Barcode", "Preview"];
  const [red, green, blue] = fill;
  const lines = [
    "\ufeff[GENERAL]",
    `SLIDE_ID = ${MRXS_ID}`,
    `IMAGENUMBER_X = ${across}`,
    `IMAGENUMBER_Y = ${down}`,
    `CameraImageDivisionsPerSide = ${divisions}`,
    "OBJECTIVE_MAGNIFICATION = 20x",
    " = empty",
    "[HIERARCHICAL]",
    "INDEXFILE = Index.dat",
    "HIER_COUNT = 1",
    "HIER_0_NAME = Slide zoom level",
    `HIER_0_COUNT = ${levels}`,
    ...each(levels, (i) => `HIER_0_VAL_${i}_SECTION = LEVEL_${i}`),
    `NONHIER_COUNT = ${layer ? 2 : 1}`,
    "NONHIER_0_NAME = Scan data layer",
    "NONHIER_0_COUNT = 3",
    ...beside.flatMap((name, i) => [
      `NONHIER_0_VAL_${i} = ScanDataLayer_Slide${name}`,
      `NONHIER_0_VAL_${i}_SECTION = BESIDE_${i}`,
    ]),
    ...(layer
      ? [
        `NONHIER_1_NAME = ${layer}`,
        "NONHIER_1_COUNT = 1",
        "NONHIER_1_VAL_0 = default",
      ]
      : []),
    "[DATAFILE]",
    "FILE_COUNT = 2",
    "FILE_0 = Data0000.dat",
    "FILE_1 = Data0001.dat",
    ...each(levels, (i) => [
      `[LEVEL_${i}]`,
      `OVERLAP_X = ${overlap[0] / 2 ** i}`,
      `OVERLAP_Y = ${overlap[1] / 2 ** i}`,
      `MICROMETER_PER_PIXEL_X = ${0.25 * 2 ** i}`,
      `MICROMETER_PER_PIXEL_Y = ${0.5 * 2 ** i}`,
      `IMAGE_FORMAT = ${kind}`,
      `IMAGE_FILL_COLOR_BGR = ${red | green << 8 | blue << 16}`,
      `DIGITIZER_WIDTH = ${image[0]}`,
      `DIGITIZER_HEIGHT = ${image[1]}`,
      `IMAGE_CONCAT_FACTOR = ${Math.min(i, 1)}`,
    ]).flat(),
    ...beside.flatMap((name, i) => [
      `[BESIDE_${i}]`,
      `${name.toUpperCase()}_IMAGE_TYPE = JPEG`,
    ]),
  ];
  return lines.join("\r\n");
}

/** The files of a slide as a browser gives them, when a folder was dropped. */
export function filesOf(files: ReadonlyMap<string, Bytes>): File[] {
  return [...files].map(([path, bytes]) => new File([bytes], path));
}
