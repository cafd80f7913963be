import { cannot, reasonOf } from "../../../errors/cannot.ts";
import { isMissing } from "../../../io/is_absent.ts";
import { MAX_MRXS_INDEX, MAX_SLIDEDAT_BYTES } from "../../../io/limits.ts";
import type { ByteSource } from "../../byte_source.ts";
import { decodeDeflate } from "../../codecs/deflate.ts";
import type { FileHandle } from "../format.ts";
import { IndexFile, type LevelImages, type RecordPlace } from "./index_file.ts";
import { nominalPlaces, PhotoMap, PLACE_BYTES, readPlaces } from "./photos.ts";
import { damaged } from "./refuse.ts";
import {
  type AssociatedRecord,
  readSlidedat,
  type Slidedat,
} from "./slidedat.ts";

/** The folder of a slide, its index read and its data files opened. */
export interface MrxsSlide {
  readonly dat: Slidedat;
  /** The size of the whole slide, in pixels of the camera. */
  readonly canvas: { readonly width: number; readonly height: number };
  /** The images of each level. */
  readonly images: readonly LevelImages[];
  readonly photos: PhotoMap;
  /** The data files that are needed, by their numbers. */
  readonly files: ReadonlyMap<number, ByteSource>;
  readonly associated: readonly PlacedRecord[];
}

/** A picture beside the slide, and where its bytes are. */
export interface PlacedRecord extends AssociatedRecord {
  readonly place?: RecordPlace;
}

/** Data files that are opened at once: each takes a round trip to a server. */
const AT_ONCE = 8;

/**
 * Reads the folder beside a `.mrxs` file, up to where each image lies.
 *
 * @throws {TypeError} If a part is missing, or the slide is of a kind that is not supported.
 * @throws {SyntaxError} If a part is damaged, or belongs to another slide.
 */
export async function openMrxsFolder(
  { fileName, folder, signal }: FileHandle,
): Promise<MrxsSlide> {
  const name = fileName.replace(/\.mrxs$/i, "");
  const read = async (part: string, most: number) => {
    const path = `${name}/${part}`;
    const bytes = await folder.read(path, { most, signal })
      .catch((cause) => unreadable(path, cause));
    return bytes ?? missing(path);
  };
  const text = await read("Slidedat.ini", MAX_SLIDEDAT_BYTES);
  const dat = readSlidedat(new TextDecoder().decode(text));
  const index = new IndexFile(await read(dat.index, MAX_MRXS_INDEX), {
    id: dat.id,
    name: dat.index,
  });
  const count = dat.files.length;
  const images = dat.levels.map(({ concat }, level) =>
    index.images(level, { ...dat, concat, files: count })
  );
  if (images[0].count === 0) throw damaged("its index lists no image");
  const associated = dat.associated.map((each) => ({
    ...each,
    place: index.record(each.record, count),
  }));
  const position = dat.positions && index.record(dat.positions.record, count);
  const needed = new Set([
    ...images.flatMap((level) => [...filesOf(level)]),
    ...[position, ...associated.map(({ place }) => place)]
      .flatMap((place) => place ? [place.file] : []),
  ]);
  const files = new Map<number, ByteSource>();
  const numbers = [...needed].sort((a, b) => a - b);
  const openNext = async (): Promise<void> => {
    for (let next = numbers.shift(); next !== undefined;) {
      signal?.throwIfAborted();
      const path = `${name}/${dat.files[next]}`;
      files.set(next, await openPart(path, { folder, id: dat.id }));
      next = numbers.shift();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, openNext));
  images.forEach((level) => checkEnds(level, { dat, files }));
  const canvas = canvasOf(dat);
  return {
    dat,
    canvas,
    images,
    photos: await placePhotos(dat, { canvas, images, position, files }),
    files,
    associated,
  };
}

function missing(path: string): never {
  throw cannot(
    "read an MRXS slide",
    `its part "${path}" is missing: a .mrxs file is only a preview of the slide in the folder of its name, which must lie beside it, whole`,
    { kind: TypeError },
  );
}

function unreadable(path: string, cause: unknown): never {
  throw cannot(
    "read an MRXS slide",
    `it is a 3DHISTECH MRXS slide, whose part "${path}" cannot be read: ${
      reasonOf(cause)
    }`,
    { cause },
  );
}

/** The numbers of the data files that hold the images of a level. */
function filesOf({ lengths, files }: LevelImages): Set<number> {
  const found = new Set<number>();
  for (let i = 0; i < files.length; i++) {
    if (lengths[i] > 0) found.add(files[i]);
  }
  return found;
}

/** Opens a data file, which begins with a version and the slide's ID. */
async function openPart(
  path: string,
  { folder, id }: Pick<FileHandle, "folder"> & { readonly id: string },
): Promise<ByteSource> {
  let source: ByteSource;
  try {
    source = await folder.open(path);
  } catch (cause) {
    if (isMissing(cause)) missing(path);
    unreadable(path, cause);
  }
  const head = await source.read(0, Math.min(5 + id.length, source.size));
  const [, found] = /^\d\d\.\d\d([0-9A-F]{32})/i.exec(
    new TextDecoder().decode(head),
  ) ?? [];
  if (found === undefined || found === id) return source;
  throw damaged(
    `its part "${path}" belongs to another slide (${found}, not ${id}): copy the slide's folder again`,
  );
}

/** Checks that images lie within their files. */
function checkEnds(
  { offsets, lengths, files: numbers }: LevelImages,
  { dat, files }: Pick<MrxsSlide, "dat" | "files">,
): void {
  for (let i = 0; i < offsets.length; i++) {
    if (lengths[i] > 0) {
      checkEnd({ offset: offsets[i], length: lengths[i], file: numbers[i] });
    }
  }
  function checkEnd({ offset, length, file }: RecordPlace): void {
    const { size } = files.get(file)!;
    if (offset + length <= size) return;
    throw damaged(
      `its part "${
        dat.files[file]
      }" is cut short: it has ${size} bytes, and an image ends at ${
        offset + length
      }: copy it again`,
    );
  }
}

/** Photos abut or overlap by as much as the slide says; images of a photo abut. */
function canvasOf(
  { across, down, divisions, levels: [level], overlapX, overlapY }: Slidedat,
): MrxsSlide["canvas"] {
  const length = (images: number, image: number, overlap: number) => {
    const seams = Math.floor((images - 1) / divisions);
    return (images - seams) * image + seams * Math.floor(image - overlap);
  };
  return {
    width: length(across, level.imageWidth, overlapX),
    height: length(down, level.imageHeight, overlapY),
  };
}

/** Finds where each photo lies, and which were taken: those that hold an image of the finest level. */
async function placePhotos(
  dat: Slidedat,
  { canvas, images: [images], position, files }:
    & Pick<MrxsSlide, "canvas" | "images" | "files">
    & { readonly position?: RecordPlace },
): Promise<PhotoMap> {
  const { across, down, divisions, levels: [level], overlapX, overlapY } = dat;
  const sizes = {
    columns: Math.floor(across / divisions),
    rows: Math.floor(down / divisions),
    width: level.imageWidth * divisions,
    height: level.imageHeight * divisions,
  };
  let grid = nominalPlaces({ ...sizes, overlapX, overlapY });
  if (dat.positions) {
    if (!position) throw damaged("its index has no position buffer");
    const { file, offset, length } = position;
    const stored = await files.get(file)!.read(offset, length);
    const most = sizes.columns * sizes.rows * PLACE_BYTES;
    const bytes = dat.positions.deflated
      ? await decodeDeflate(stored, most + 1)
      : stored;
    grid = readPlaces(bytes, { ...sizes, scale: level.concat });
  }
  const taken = findTaken(images, { ...sizes, dat });
  // Photos that were not taken lie at 0, 0, even if images of them are listed.
  const isThere = (photo: number) =>
    taken[photo] === 1 &&
    (photo === 0 || grid.x[photo] !== 0 || grid.y[photo] !== 0);
  return new PhotoMap(grid, { canvas, isThere });
}

function findTaken(
  { columns: across, lengths }: LevelImages,
  { columns, rows, dat: { divisions, levels: [{ concat }] } }: {
    readonly columns: number;
    readonly rows: number;
    readonly dat: Slidedat;
  },
): Uint8Array {
  const taken = new Uint8Array(columns * rows);
  const joined = Math.max(1, concat / divisions);
  for (let cell = 0; cell < lengths.length; cell++) {
    if (lengths[cell] === 0) continue;
    const [x, y] = [cell % across, Math.floor(cell / across)]
      .map((at) => Math.floor(at * concat / divisions));
    if (x >= columns || y >= rows) {
      throw damaged(
        `its index lists an image of photo ${x}, ${y}, and there are ${columns}×${rows}`,
      );
    }
    for (let j = y; j < Math.min(rows, y + joined); j++) {
      taken.fill(
        1,
        j * columns + x,
        j * columns + Math.min(columns, x + joined),
      );
    }
  }
  return taken;
}
