/** One page of a TIFF made for a test. */
export interface PageSpec {
  readonly width: number;
  readonly height: number;
  /** `width * height * samples * sampleBytes` bytes, row by row, samples interleaved. */
  readonly pixels: Uint8Array;
  /** Default: 3. */
  readonly samples?: number;
  /** Tile size. Default: strips. */
  readonly tile?: { readonly width: number; readonly height: number };
  /** Default: the whole height. */
  readonly rowsPerStrip?: number;
  readonly planar?: boolean;
  readonly compression?: "none" | "deflate";
  /** Bytes per sample, in the file's byte order. Default: 1. */
  readonly sampleBytes?: number;
  /** Blocks as they go into the file, in place of `pixels`; their scheme is tag 259. */
  readonly blocks?: readonly Uint8Array[];
  /** Further tags, or others in place of the usual: numbers, text (ASCII), or bytes (UNDEFINED). */
  readonly tags?: {
    readonly [tag: number]: number | readonly number[] | string | Uint8Array;
  };
}

/** What every page of the file shares. */
export interface FileSpec {
  readonly bigTiff?: boolean;
  readonly littleEndian?: boolean;
  /** Makes the last page's link lead back to the first. */
  readonly loop?: boolean;
}

type Field = { tag: number; type: number; count: number; bytes: Uint8Array };

/** Writes a TIFF for a test: pages in a chain, each with its blocks before its directory. */
export async function makeTiff(
  pages: readonly PageSpec[],
  file: FileSpec = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { bigTiff = false, littleEndian = true, loop = false } = file;
  const parts: Uint8Array[] = [];
  const offsetSize = bigTiff ? 8 : 4;
  let end = 0;
  const add = (bytes: Uint8Array): number => {
    parts.push(bytes);
    end += bytes.length;
    return end - bytes.length;
  };
  const number = (value: number, size: number): Uint8Array => {
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    if (size === 2) view.setUint16(0, value, littleEndian);
    else if (size === 4) view.setUint32(0, value, littleEndian);
    else view.setBigUint64(0, BigInt(value), littleEndian);
    return bytes;
  };
  const offset = (value: number): Uint8Array => number(value, offsetSize);
  const toField = (
    tag: number,
    value: NonNullable<PageSpec["tags"]>[number],
  ): Field => {
    if (value instanceof Uint8Array) {
      return { tag, type: 7, count: value.length, bytes: value };
    }
    if (typeof value === "string") {
      const bytes = new TextEncoder().encode(value + "\0");
      return { tag, type: 2, count: bytes.length, bytes };
    }
    const values = typeof value === "number" ? [value] : value;
    if (tag === 282 || tag === 283) { // Resolutions are fractions.
      return {
        tag,
        type: 5,
        count: 1,
        bytes: join(values.map((v) => number(v, 4))),
      };
    }
    const wide = [273, 279, 324, 325, 330].includes(tag);
    const size = wide ? offsetSize : values.some((v) => v > 65535) ? 4 : 2;
    const type = size === 8 ? 16 : size === 4 ? 4 : 3;
    return {
      tag,
      type,
      count: values.length,
      bytes: join(values.map((v) => number(v, size))),
    };
  };

  const order = littleEndian ? 0x49 : 0x4d;
  add(Uint8Array.of(order, order));
  add(number(bigTiff ? 43 : 42, 2));
  if (bigTiff) add(join([number(8, 2), number(0, 2)]));
  let link = offset(0);
  const firstLink = link;
  add(link);
  for (const page of pages) {
    const blocks = await Promise.all(
      (page.blocks ?? cutBlocks(page)).map((block) =>
        page.compression === "deflate" ? deflate(block) : block
      ),
    );
    const offsets = blocks.map(add);
    const { samples = 3, tile, rowsPerStrip = page.height, planar = false } =
      page;
    const counts = blocks.map((block) => block.length);
    const fields = Object.entries({
      256: page.width,
      257: page.height,
      258: Array(samples).fill(8 * (page.sampleBytes ?? 1)),
      259: page.compression === "deflate" ? 8 : 1,
      262: samples >= 3 ? 2 : 1,
      277: samples,
      284: planar ? 2 : 1,
      ...(tile
        ? { 322: tile.width, 323: tile.height, 324: offsets, 325: counts }
        : { 273: offsets, 278: rowsPerStrip, 279: counts }),
      ...page.tags,
    }).map(([tag, value]) => toField(Number(tag), value));
    const entries = fields.map(({ tag, type, count, bytes }) => {
      const value = new Uint8Array(offsetSize);
      value.set(bytes.length <= offsetSize ? bytes : offset(add(bytes)));
      return join([number(tag, 2), number(type, 2), offset(count), value]);
    });
    link.set(offset(end));
    add(number(fields.length, bigTiff ? 8 : 2));
    entries.forEach(add);
    link = offset(0);
    add(link);
  }
  if (loop) link.set(firstLink);
  return join(parts);
}

/** A page's tiles or strips, plane after plane. */
function cutBlocks(page: PageSpec): Uint8Array[] {
  const {
    width,
    height,
    pixels,
    samples = 3,
    tile,
    rowsPerStrip = height,
    planar,
    sampleBytes = 1,
  } = page;
  const blockWidth = tile?.width ?? width;
  const blockHeight = tile?.height ?? rowsPerStrip;
  const channels = planar
    ? [...Array(samples).keys()].map((c) => [c])
    : [[...Array(samples).keys()]];
  const blocks: Uint8Array[] = [];
  for (const channel of channels) {
    for (let top = 0; top < height; top += blockHeight) {
      const rows = tile ? blockHeight : Math.min(blockHeight, height - top);
      for (let left = 0; left < width; left += blockWidth) {
        const block = new Uint8Array(
          blockWidth * rows * channel.length * sampleBytes,
        );
        let at = 0;
        for (let y = top; y < top + rows; y++) {
          for (let x = left; x < left + blockWidth; x++) {
            for (const c of channel) {
              for (let byte = 0; byte < sampleBytes; byte++) {
                const from = ((y * width + x) * samples + c) * sampleBytes;
                block[at++] = x < width && y < height ? pixels[from + byte] : 0;
              }
            }
          }
        }
        blocks.push(block);
      }
    }
  }
  return blocks;
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  return bytes;
}

async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([new Uint8Array(bytes)]).stream()
    .pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
