import { reasonOf } from "../../../errors/cannot.ts";
import { blockFormat } from "../../block_format.ts";
import { checkPage } from "../../check_page.ts";
import type { StoredPicture } from "../../encoding.ts";
import { isTiff } from "../../tiff/read_tiff_pages.ts";
import { choosePage } from "../choose_page.ts";
import type {
  FileFormat,
  FileHandle,
  FilePicture,
  Ignored,
  SlideContents,
  SlideFile,
  StoredLevel,
} from "../format.ts";
import { isPlausible } from "../layout.ts";
import { describeHeader } from "../picture.ts";
import type { LevelImages } from "./index_file.ts";
import { boundsOf, openImages, type PlacedLevel } from "./mrxs_blocks.ts";
import { type MrxsSlide, openMrxsFolder } from "./mrxs_folder.ts";
import { readAssociated, readHeader } from "./mrxs_pictures.ts";
import { damaged, unsupported } from "./refuse.ts";
import type { ZoomLevel } from "./slidedat.ts";

/**
 * 3DHISTECH's MRXS: a small picture beside a folder of its name. `Slidedat.ini` in there describes the levels, `Index.dat` says
 * where their images are in the data files. A photo of the camera was cut into images; photos overlap, and lie where the
 * position buffer says.
 *
 * Source: OpenSlide's notes on MIRAX, and its public issues.
 */
export const MRXS: FileFormat = {
  detect: ({ fileName, head, isFolder }) =>
    !isFolder && /\.mrxs$/i.test(fileName) && !isTiff(head),
  async read(handle: FileHandle): Promise<SlideFile> {
    const slide = await openMrxsFolder(handle);
    const { levels, ignored } = await readLevels(slide);
    const { associated, unread } = await readAssociated(slide, levels.length);
    const pictures = [
      ...levels.map(({ picture }) => picture),
      ...associated.map(({ page }) => page),
    ];
    const contents: SlideContents = {
      ...describeSlide(slide, levels),
      levels,
      associated,
      ignored: [...ignored, ...unread],
    };
    return {
      format: "3DHISTECH MRXS",
      pictures: pictures.map(describePicture),
      findSlide: ({ page, mask }): Promise<SlideContents> => {
        const found = page === undefined
          ? contents
          : choosePage(contents, { page, associated });
        found.levels.forEach(({ picture }) => checkPage(picture, { mask }));
        return Promise.resolve(found);
      },
    };
  },
};

function describePicture(picture: StoredPicture): FilePicture {
  const { tiled, blockWidth, blockHeight } = picture;
  return {
    picture,
    arrangement: tiled
      ? `images of ${blockWidth}×${blockHeight}`
      : "one picture",
  };
}

/** A level, and how its images are placed. */
interface MrxsLevel extends StoredLevel {
  readonly placed: PlacedLevel;
}

/** Describes the levels; reduced ones that cannot be read are left out. */
async function readLevels(
  slide: MrxsSlide,
): Promise<{ levels: MrxsLevel[]; ignored: Ignored[] }> {
  const levels: MrxsLevel[] = [];
  const ignored: Ignored[] = [];
  for (const i of slide.dat.levels.keys()) {
    try {
      levels.push(await readLevel(slide, { number: i, page: levels.length }));
    } catch (error) {
      if (i === 0) throw error;
      ignored.push({ what: `zoom level ${i}`, why: reasonOf(error) });
    }
  }
  return { levels, ignored };
}

async function readLevel(
  { dat, canvas, images: all, photos, files }: MrxsSlide,
  { number, page }: { readonly number: number; readonly page: number },
): Promise<MrxsLevel> {
  const { divisions, levels: [finest] } = dat;
  const level = dat.levels[number];
  const { concat } = level;
  const images = all[number];
  if (divisions % concat !== 0 && concat % divisions !== 0) {
    throw unsupported(
      `whose images join parts of photos (${concat}×${concat} images, and photos have ${divisions}×${divisions})`,
    );
  }
  checkImages(level, { finest, images });
  const [width, height] = [canvas.width, canvas.height]
    .map((side) => Math.floor(side / concat));
  if (width === 0 || height === 0) throw damaged("it has no pixel");
  const first = images.lengths.findIndex((length) => length > 0);
  const header = await readHeader(
    level.format,
    files.get(images.files[first])!,
    { offset: images.offsets[first], length: images.lengths[first], file: 0 },
  );
  if (
    header.width !== level.imageWidth || header.height !== level.imageHeight
  ) {
    throw damaged(
      `its images have ${header.width}×${header.height} px, and Slidedat.ini says ${level.imageWidth}×${level.imageHeight}`,
    );
  }
  const picture = describeHeader(header, {
    place: `page ${page}`,
    width,
    height,
    tiled: true,
    blockWidth: level.imageWidth,
    blockHeight: level.imageHeight,
  });
  const placed = { level, images, photos, divisions };
  return {
    width,
    height,
    downsample: concat / finest.concat,
    picture,
    placed,
    openBlocks: (options) =>
      Promise.resolve(
        openImages(placed, { files, format: blockFormat([picture], options) }),
      ),
    countMissing: () => Promise.resolve(images.lengths.length - images.count),
  };
}

function checkImages(
  { imageWidth, imageHeight }: ZoomLevel,
  { finest, images }: {
    readonly finest: ZoomLevel;
    readonly images: LevelImages;
  },
): void {
  if (images.count === 0) throw damaged("its index lists no image of it");
  const isAlike = imageWidth === finest.imageWidth &&
    imageHeight === finest.imageHeight;
  if (!isAlike) {
    throw damaged(
      `its images have ${imageWidth}×${imageHeight} px, and those of the finest level ${finest.imageWidth}×${finest.imageHeight}`,
    );
  }
}

function describeSlide(
  { dat, images, photos }: MrxsSlide,
  [{ width, height, placed }]: readonly MrxsLevel[],
): Omit<SlideContents, "levels"> {
  const [{ background, mppX: x, mppY: y }] = dat.levels;
  const bounds = boundsOf(placed, { width, height });
  if (!bounds) {
    throw damaged("the places of all its photos lie outside of the slide");
  }
  const isWhole = bounds.width === width && bounds.height === height;
  const warnings = [...dat.warnings];
  if (photos.outside > 0) {
    warnings.push(
      `${photos.outside} of its photos lie outside of the slide's ${width}×${height} px, and are left out`,
    );
  }
  const repeated = images.reduce((sum, level) => sum + level.repeated, 0);
  if (repeated > 0) {
    warnings.push(
      `its index lists ${repeated} images more than once: the last ones are read`,
    );
  }
  return {
    background,
    bounds: isWhole ? undefined : bounds,
    mpp: isPlausible(x) && isPlausible(y)
      ? { x, y, source: "MICROMETER_PER_PIXEL_X, _Y in Slidedat.ini" }
      : undefined,
    objectivePower: dat.power === undefined ? undefined : {
      value: dat.power,
      source: "OBJECTIVE_MAGNIFICATION in Slidedat.ini",
    },
    properties: dat.properties,
    warnings,
  };
}
