import { type BlockSource, intersect, type Piece } from "../../blocks.ts";
import type { ByteRange, ByteSource } from "../../byte_source.ts";
import type { BlockFormat } from "../../codecs/block_job.ts";
import type { Region } from "../../slide.ts";
import type { LevelImages } from "./index_file.ts";
import type { PhotoMap } from "./photos.ts";
import type { ZoomLevel } from "./slidedat.ts";

/** What it takes to place the images of a level. */
export interface PlacedLevel {
  readonly level: ZoomLevel;
  readonly images: LevelImages;
  readonly photos: PhotoMap;
  /** Images across and down that a photo was cut into. */
  readonly divisions: number;
}

/**
 * The pieces of a level that meet a region, in the order of painting: from the lower right to the upper left, as in OpenSlide.
 *
 * The images of a photo abut, so an image within one photo is placed whole. Images of higher levels join photos irrespective
 * of overlaps: each photo is cut out and placed by itself, to the nearest pixel. Blocks are numbered as images in the grid.
 */
export function piecesOf(
  placed: PlacedLevel,
  region: Region,
): Piece[] {
  const { level: { concat }, photos, divisions } = placed;
  // Rounding moves a photo by less than a pixel.
  const around = {
    x: (region.x - 1) * concat,
    y: (region.y - 1) * concat,
    width: (region.width + 2) * concat,
    height: (region.height + 2) * concat,
  };
  const found: { piece: Piece; rank: number }[] = [];
  const add = concat > divisions ? cutPhoto : photoImages;
  for (const photo of photos.in(around)) {
    for (const { rank, ...piece } of add(placed, { photo, region })) {
      const isThere = placed.images.lengths[piece.block] > 0;
      if (isThere && intersect(piece, region)) found.push({ piece, rank });
    }
  }
  return found.sort((a, b) => b.rank - a.rank).map(({ piece }) => piece);
}

/** A piece, and its rank in the order of painting: the highest first. */
type Ranked = Piece & { readonly rank: number };

interface PhotoInRegion {
  readonly photo: number;
  readonly region: Region;
}

/** The images of a photo that meet a region. */
function* photoImages(
  { level, images, photos: { grid }, divisions }: PlacedLevel,
  { photo, region }: PhotoInRegion,
): Generator<Ranked> {
  const { concat, imageWidth: width, imageHeight: height } = level;
  const count = divisions / concat;
  const left = Math.round(grid.x[photo] / concat);
  const top = Math.round(grid.y[photo] / concat);
  const column = photo % grid.columns;
  const row = (photo - column) / grid.columns;
  const [fromX, toX] = met(region.x - left, region.width, width, count);
  const [fromY, toY] = met(region.y - top, region.height, height, count);
  for (let j = fromY; j < toY; j++) {
    for (let i = fromX; i < toX; i++) {
      const block = (row * count + j) * images.columns + column * count + i;
      yield {
        block,
        rank: block,
        blockWidth: width,
        x: left + i * width,
        y: top + j * height,
        width,
        height,
      };
    }
  }
}

/** The first image along a photo that a length meets, and the first beyond. */
function met(
  from: number,
  length: number,
  image: number,
  count: number,
): [number, number] {
  return [
    Math.max(0, Math.floor(from / image)),
    Math.min(count, Math.ceil((from + length) / image)),
  ];
}

/** The part of an image that is one of the photos which it joins. */
function* cutPhoto(
  { level, images, photos: { grid }, divisions }: PlacedLevel,
  { photo }: PhotoInRegion,
): Generator<Ranked> {
  const { concat, imageWidth, imageHeight } = level;
  const joined = concat / divisions;
  const column = photo % grid.columns;
  const row = (photo - column) / grid.columns;
  const across = cut(column % joined, {
    image: imageWidth,
    joined,
    at: grid.x[photo] / concat,
  });
  const down = cut(row % joined, {
    image: imageHeight,
    joined,
    at: grid.y[photo] / concat,
  });
  yield {
    block: Math.floor(row / joined) * images.columns +
      Math.floor(column / joined),
    rank: photo,
    blockWidth: imageWidth,
    left: across.from,
    top: down.from,
    x: across.at,
    y: down.at,
    width: across.length,
    height: down.length,
  };
}

/** Where photo number `i` of those that an image joins begins in it, and where that lies on the canvas. */
function cut(
  i: number,
  { image, joined, at }: {
    readonly image: number;
    readonly joined: number;
    readonly at: number;
  },
): { from: number; length: number; at: number } {
  const start = i * image / joined;
  const from = Math.floor(start);
  const to = Math.min(image, Math.ceil((i + 1) * image / joined));
  return { from, length: to - from, at: Math.round(at + from - start) };
}

/** The box around all images of a level, as far as they lie on its canvas; `undefined` if none does. */
export function boundsOf(
  placed: PlacedLevel,
  canvas: { readonly width: number; readonly height: number },
): Region | undefined {
  const all = { ...canvas, x: 0, y: 0 };
  let [left, top, right, bottom] = [Infinity, Infinity, 0, 0];
  for (const piece of piecesOf(placed, all)) {
    const { x, y, width, height } = intersect(piece, all)!;
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x + width);
    bottom = Math.max(bottom, y + height);
  }
  return right > left
    ? { x: left, y: top, width: right - left, height: bottom - top }
    : undefined;
}

/** The source of a level's blocks: its images, in the data files. */
export function openImages(
  placed: PlacedLevel,
  { files, format }: {
    readonly files: ReadonlyMap<number, ByteSource>;
    readonly format: BlockFormat;
  },
): BlockSource {
  const { level, images } = placed;
  const { imageWidth: width, imageHeight: height } = level;
  const rangeOf = (block: number): ByteRange => ({
    offset: images.offsets[block],
    length: images.lengths[block],
  });
  return {
    blockWidth: width,
    blockHeight: height,
    overlaps: true,
    piecesIn: (region) => piecesOf(placed, region),
    async load(block) {
      const { offset, length } = rangeOf(block);
      const source = files.get(images.files[block])!;
      const parts = [await source.read(offset, length)];
      return { format, parts, width, height, maxHeight: height };
    },
    prefetch(blocks): void {
      for (const [file, source] of files) {
        const own = blocks.filter((block) => images.files[block] === file);
        if (own.length > 0) source.prefetch?.(own.map(rangeOf));
      }
    },
  };
}
