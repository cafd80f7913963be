import { cannot, failureOf, reasonOf } from "../../../errors/cannot.ts";
import { MAX_INI_BYTES, MAX_SCAN_AREAS } from "../../../io/limits.ts";
import type { StoredPicture } from "../../encoding.ts";
import { parseIni } from "../../ini.ts";
import type {
  FileFormat,
  FileHandle,
  FilePicture,
  Scale,
  SlideContents,
  SlideFile,
  StoredLevel,
} from "../format.ts";
import { isPlausible } from "../layout.ts";
import { placeAreas } from "../place_areas.ts";
import { openVmsPicture, type VmsPicture } from "./vms_picture.ts";

/** The only group of the file. */
const GROUP = "[virtual microscope specimen]";
/** How far the sides of the map may be from a whole downsample, in pixels. */
const ROUNDING = 1;

/**
 * Hamamatsu's VMS: a text file that names JPEGs. Those of the slide abut in a grid; the map is the slide once more, small.
 *
 * Source: the notes on VMS of OpenSlide.
 */
export const HAMAMATSU_VMS: FileFormat = {
  detect: ({ head }) =>
    !head.includes(0) &&
    new TextDecoder().decode(head).toLowerCase().includes(GROUP),
  read: readVms,
};

/** What the file names: the JPEGs of the grid row by row, and pictures that may be missing. */
interface VmsFile {
  readonly values: Readonly<Record<string, string>>;
  readonly columns: number;
  readonly images: readonly string[];
  readonly ignored: readonly string[];
}

async function readVms(file: FileHandle): Promise<SlideFile> {
  const { source } = file;
  if (source.size > MAX_INI_BYTES) {
    throw damaged(`it has ${source.size} bytes, more than ${MAX_INI_BYTES}`);
  }
  const text = new TextDecoder().decode(await source.read(0, source.size));
  const vms = parseVms(text);
  const grid = await openGrid(file, vms);
  const [map, macro] = await Promise.all(
    ["MapFile", "MacroImage"].map((key) =>
      openBeside(file, key, vms.values[key])
    ),
  );
  const pictures = [...grid, map.picture, macro.picture]
    .filter((picture) => picture !== undefined);
  return {
    format: "Hamamatsu VMS",
    pictures: pictures.map(describe),
    findSlide: ({ page }) => {
      if (page === undefined) {
        return Promise.resolve(layOut(vms, { grid, map, macro }));
      }
      const chosen = pictures[page];
      if (chosen) return Promise.resolve({ levels: [levelOf([chosen])] });
      throw cannot(
        "find the slide",
        `it has pages 0 to ${pictures.length - 1}`,
        {
          received: page,
          kind: RangeError,
        },
      );
    },
  };
}

/** Finds what a VMS file names. */
function parseVms(text: string): VmsFile {
  const group = [...parseIni(text)].find(([name]) =>
    `[${name}]`.toLowerCase() === GROUP
  );
  if (!group) throw damaged(`it has no group ${GROUP}`);
  const values = Object.fromEntries(group[1]);
  const columns = countOf(values, "NoJpegColumns");
  const rows = countOf(values, "NoJpegRows");
  if (columns * rows > MAX_SCAN_AREAS) {
    throw damaged(
      `it names ${columns * rows} JPEGs, more than ${MAX_SCAN_AREAS}`,
    );
  }
  const images = Array.from({ length: columns * rows }, (_, i) => {
    const [x, y] = [i % columns, Math.floor(i / columns)];
    // Those with three numbers are of other focal planes, unless the first is 0.
    const name = (i === 0 ? values["ImageFile"] : undefined) ||
      values[`ImageFile(${x},${y})`] || values[`ImageFile(0,${x},${y})`];
    if (name) return name;
    throw damaged(`it does not name the JPEG in column ${x}, row ${y}`);
  });
  const ignored: string[] = [];
  for (const key of Object.keys(values)) {
    const [, numbers] = /^ImageFile\(([\d, ]*)\)$/.exec(key) ?? [];
    const [z, x, y] = numbers?.split(",").map(Number) ?? [];
    const isBeyond = y === undefined && (z >= columns || x >= rows);
    if (isBeyond) {
      throw damaged(
        `it names ${key}, beyond its grid of ${columns}×${rows} JPEGs`,
      );
    }
    if (y !== undefined && z > 0) ignored.push(values[key]);
  }
  return { values, columns, images, ignored };
}

function countOf(values: VmsFile["values"], key: string): number {
  const count = Number(values[key] ?? 1);
  if (Number.isInteger(count) && count > 0) return count;
  throw damaged(`${key} must be a positive integer, and is "${values[key]}"`);
}

/** Opens the JPEGs of the grid, and places them: those of a column have one width, those of a row one height. */
async function openGrid(
  file: FileHandle,
  { images, columns }: VmsFile,
): Promise<VmsPicture[]> {
  const opened: VmsPicture[] = [];
  let [x, y] = [0, 0];
  for (const [i, name] of images.entries()) {
    file.signal?.throwIfAborted();
    if (i % columns === 0) [x, y] = [0, y + (opened.at(-1)?.height ?? 0)];
    const picture = await openVmsPicture(file.folder, { name, x, y });
    const above = opened[i - columns];
    const left = i % columns > 0 ? opened[i - 1] : undefined;
    if (
      (above && above.width !== picture.width) ||
      (left && left.height !== picture.height)
    ) {
      throw damaged(
        `${name} has ${picture.width}×${picture.height} px, unlike its neighbors in the grid: is it a part of another slide?`,
      );
    }
    if (opened[0] && opened[0].picture.samples !== picture.picture.samples) {
      throw damaged(`${name} has other colors than ${images[0]}`);
    }
    opened.push(picture);
    x += picture.width;
  }
  return opened;
}

/** A picture that a slide can do without. */
interface Beside {
  readonly key: string;
  readonly picture?: VmsPicture;
  /** Why it is not read, if it is named. */
  readonly why?: string;
}

async function openBeside(
  { folder }: FileHandle,
  key: string,
  name = "",
): Promise<Beside> {
  if (name === "") return { key };
  try {
    return { key, picture: await openVmsPicture(folder, { name, x: 0, y: 0 }) };
  } catch (error) {
    if (!failureOf(error)) throw error;
    return { key, why: reasonOf(error) };
  }
}

function layOut(
  { values, ignored }: VmsFile,
  { grid, map, macro }: {
    readonly grid: readonly VmsPicture[];
    readonly map: Beside;
    readonly macro: Beside;
  },
): SlideContents {
  const finest = levelOf(grid);
  const reduced = map.picture && mapLevel(finest, levelOf([map.picture]));
  const unread = [map, macro].flatMap(({ key, why }) =>
    why ? [{ what: key, why }] : []
  );
  const power = Number(values["SourceLens"]);
  return {
    levels: reduced ? [finest, reduced] : [finest],
    mpp: scaleOf(values, finest),
    ...(power > 0 &&
      { objectivePower: { value: power, source: "SourceLens" } }),
    properties: Object.fromEntries(
      Object.entries(values).map(([key, value]) => [`hamamatsu.${key}`, value]),
    ),
    associated: macro.picture && [{
      name: "macro",
      page: macro.picture.picture,
      openBlocks: () => Promise.resolve(macro.picture!.openBlocks({})),
    }],
    ignored: [
      ...unread,
      ...map.picture && !reduced
        ? [{ what: "MapFile", why: "no downsample explains its sides" }]
        : [],
      ...ignored.map((what) => ({ what, why: "it is of another focal plane" })),
    ],
    warnings: unread.map(({ what, why }) => `${what} is left out: ${why}`),
  };
}

/** A level of JPEGs that abut. */
function levelOf(pictures: readonly VmsPicture[]): StoredLevel {
  const last = pictures.at(-1)!;
  const [{ picture }] = pictures;
  const origin = pictures.length === 1
    ? { x: last.x, y: last.y }
    : { x: 0, y: 0 };
  return {
    width: last.x + last.width - origin.x,
    height: last.y + last.height - origin.y,
    downsample: 1,
    picture,
    ...(pictures.length > 1 && { areas: pictures }),
    openBlocks: (options) =>
      Promise.resolve(placeAreas(pictures.map((each) => ({
        x: each.x - origin.x,
        y: each.y - origin.y,
        width: each.width,
        height: each.height,
        blocks: each.openBlocks(options),
      })))),
    countMissing: () => Promise.resolve(0),
  };
}

/** The map as a level, if a downsample explains both of its sides. */
function mapLevel(
  { width, height, picture }: StoredLevel,
  map: StoredLevel,
): StoredLevel | undefined {
  const ratio = Math.sqrt(width / map.width * (height / map.height));
  const whole = Math.round(ratio);
  const fits = (factor: number) =>
    Math.abs(width / factor - map.width) <= ROUNDING &&
    Math.abs(height / factor - map.height) <= ROUNDING;
  const downsample = [whole, ratio].find(fits);
  const isLike = map.picture.samples === picture.samples;
  return downsample !== undefined && downsample > 1 && isLike
    ? { ...map, downsample }
    : undefined;
}

/** The scale: the slide's size in nanometers over that in pixels. */
function scaleOf(
  values: VmsFile["values"],
  { width, height }: StoredLevel,
): Scale | undefined {
  const x = Number(values["PhysicalWidth"]) / 1000 / width;
  const y = Number(values["PhysicalHeight"]) / 1000 / height;
  if (!isPlausible(x) || !isPlausible(y)) return undefined;
  return { x, y, source: "PhysicalWidth, PhysicalHeight" };
}

function describe({ picture }: VmsPicture): FilePicture {
  const { tiled, blockWidth, blockHeight } = picture satisfies StoredPicture;
  return {
    picture,
    arrangement: tiled
      ? `tiles of ${blockWidth}×${blockHeight}`
      : "one picture",
  };
}

function damaged(why: string): Error {
  return cannot("read a Hamamatsu VMS file", why, { kind: SyntaxError });
}
