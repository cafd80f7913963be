import { cannot } from "../../../errors/cannot.ts";
import { blockFormat, type FormatOptions } from "../../block_format.ts";
import type { BlockSource } from "../../blocks.ts";
import { checkPage } from "../../check_page.ts";
import { codecOf } from "../../codecs/codecs.ts";
import type { StoredPicture } from "../../encoding.ts";
import { itemsOf, numberOf, textOf } from "./dataset.ts";
import type { FrameStore } from "./frame_store.ts";
import type { DicomInstance } from "./instance.ts";
import { fullMap, sparseMap, type TileMap } from "./tile_map.ts";
import { isEncapsulated, refuseSyntax, syntaxOf } from "./transfer_syntax.ts";

/** A picture of a series: an instance, or the parts of a concatenation in order. */
export interface DicomPicture {
  readonly parts: readonly DicomInstance[];
  /** How it is stored; `compression` is 0 if its transfer syntax is not supported. */
  readonly stored: StoredPicture;
}

/** TIFF's numbers of photometric interpretations. JPEG 2000's own transforms are undone by its decoder. */
const PHOTOMETRICS: { readonly [name: string]: number } = {
  MONOCHROME1: 0,
  MONOCHROME2: 1,
  RGB: 2,
  YBR_ICT: 2,
  YBR_RCT: 2,
  "PALETTE COLOR": 3,
  YBR_FULL: 6,
  YBR_FULL_422: 6,
};

/** Describes how the pixels of a picture are stored. */
export function describeStored(parts: readonly DicomInstance[]): StoredPicture {
  const [{ dataset, name, syntax, matrix, tile }] = parts;
  const samples = numberOf(dataset, "SamplesPerPixel") ?? 1;
  const bits = numberOf(dataset, "BitsAllocated") ?? 8;
  const isSigned = numberOf(dataset, "PixelRepresentation") === 1;
  const photometric = textOf(dataset, "PhotometricInterpretation") ?? "";
  const isPlanar = samples > 1 && !isEncapsulated(syntax) &&
    numberOf(dataset, "PlanarConfiguration") === 1;
  return {
    place: parts.length === 1 ? name : `${name} and ${parts.length - 1} more`,
    ...matrix,
    tiled: true,
    blockWidth: tile.width,
    blockHeight: tile.height,
    samples,
    bits: Array(samples).fill(bits),
    formats: Array(samples).fill(isSigned ? 2 : 1),
    extraSamples: [],
    compression: syntaxOf(syntax).compression ?? 0,
    predictor: 1,
    photometric: PHOTOMETRICS[photometric] ?? -1,
    planar: isPlanar,
    fillOrder: 1,
    subsampling: photometric === "YBR_FULL_422" ? [2, 1] : [1, 1],
    littleEndian: true,
    description: textOf(dataset, "ImageType") ? describeType(parts[0]) : "",
    orientation: 1,
  };
}

function describeType({ role, dataset }: DicomInstance): string {
  const organization = textOf(dataset, "DimensionOrganizationType");
  return organization ? `${role}, ${organization}` : role;
}

/**
 * Refuses what cannot be read as it should be.
 *
 * @throws {TypeError} The message says what it is.
 */
export function checkPicture(
  { parts, stored }: DicomPicture,
  { mask, sample }: {
    readonly mask?: boolean | "classes";
    readonly sample?: number;
  } = {},
): void {
  const [instance] = parts;
  const { dataset, syntax, name, places } = instance;
  if (syntaxOf(syntax).compression === undefined) throw refuseSyntax(syntax);
  const paths = Math.max(
    numberOf(dataset, "NumberOfOpticalPaths") ?? 1,
    itemsOf(dataset, "OpticalPathSequence").length,
    places.paths.size,
  );
  if (paths > 1) {
    throw refuse(
      `"${name}" has ${paths} optical paths, as fluorescence has, and colors cannot be told from them`,
    );
  }
  const planes = numberOf(dataset, "TotalPixelMatrixFocalPlanes") ?? 1;
  if (planes > 1) {
    throw refuse(
      `"${name}" has ${planes} focal planes, and which is the slide is unknown`,
    );
  }
  const bits = numberOf(dataset, "BitsAllocated") ?? 8;
  const used = numberOf(dataset, "BitsStored") ?? bits;
  const highest = numberOf(dataset, "HighBit") ?? used - 1;
  const isPlain = bits === 8 && used === 8 && highest === 7;
  // Values that are looked at may have any depth, if their unused bits are empty.
  if (!isPlain && (sample === undefined || highest !== used - 1)) {
    throw refuse(
      `"${name}" has samples of ${bits} bits (${used} used), and what is black and what is white in them is unknown`,
    );
  }
  const photometric = textOf(dataset, "PhotometricInterpretation");
  const color = stored.photometric;
  const isKnown = (color === 2 || color === 6) && stored.samples === 3 ||
    (color === 0 || color === 1) && stored.samples === 1;
  if (!isKnown) {
    throw refuse(
      `"${name}" has the colors ${
        photometric ?? "(not said)"
      } with ${stored.samples} samples per pixel, and RGB, YBR_FULL, YBR_FULL_422, YBR_ICT, YBR_RCT and MONOCHROME are read`,
    );
  }
  if (sample !== undefined && stored.samples !== 1) {
    throw refuse(`"${name}" is a color picture`);
  }
  checkPage(stored, { mask, sample });
}

function refuse(what: string): Error {
  return cannot(
    "find the slide",
    `${what}: convert it to RGB, for example with bfconvert (Bio-Formats) or wsidicomizer`,
    { kind: TypeError },
  );
}

/**
 * Finds where the frames of a picture lie.
 *
 * @throws {SyntaxError} If frames are missing, or do not say where they lie.
 */
export function mapTiles({ parts }: DicomPicture): TileMap {
  const [{ dataset, name, matrix, tile }] = parts;
  const count = parts.reduce((sum, { frames }) => sum + frames, 0);
  const room = Math.ceil(matrix.width / tile.width) *
    Math.ceil(matrix.height / tile.height);
  const organization = textOf(dataset, "DimensionOrganizationType");
  const isPlaced = parts.every(({ places, frames }) => places.count === frames);
  const isWhole = count === 1 && room === 1 && !isPlaced;
  if (organization === "TILED_FULL" || isWhole) {
    if (count === room) return fullMap(matrix, tile);
    throw cannot(
      "place the frames of a DICOM level",
      `"${name}" has ${count} frames, and its ${matrix.width}×${matrix.height} pixels take ${room} of ${tile.width}×${tile.height}`,
      { kind: SyntaxError },
    );
  }
  const firsts = firstFrames(parts);
  return sparseMap(matrix, {
    tile,
    count,
    at(frame) {
      const part = partOf(firsts, frame);
      const place = parts[part].places.at(frame - firsts[part]);
      if (place) return place;
      throw cannot(
        "place the frames of a DICOM level",
        `"${parts[part].name}" does not say where its frame ${
          frame - firsts[part]
        } lies (${organization ?? "no DimensionOrganizationType"})`,
        { kind: SyntaxError },
      );
    },
  });
}

/** The number of the first frame of each part. */
function firstFrames(parts: readonly DicomInstance[]): number[] {
  let next = 0;
  return parts.map(({ frames }) => (next += frames) - frames);
}

function partOf(firsts: readonly number[], frame: number): number {
  return firsts.findLastIndex((first) => first <= frame);
}

/**
 * Opens the blocks of a picture, which are its frames, and checks the headers of the first and the last.
 *
 * @throws {SyntaxError} If they are not all there, or cannot be decoded.
 */
export async function openDicomBlocks(
  { parts, stored }: DicomPicture,
  { map, options }: { readonly map: TileMap; readonly options: FormatOptions },
): Promise<BlockSource> {
  const stores: FrameStore[] = [];
  for (const part of parts) stores.push(await part.openFrames());
  const firsts = firstFrames(parts);
  const format = blockFormat([stored], options);
  const { blockWidth, blockHeight } = stored;
  const size = {
    width: blockWidth,
    height: blockHeight,
    maxHeight: blockHeight,
  };
  const read = (frame: number, signal?: AbortSignal) => {
    const part = partOf(firsts, frame);
    return stores[part].read(frame - firsts[part], signal);
  };
  const codec = codecOf(stored.compression);
  if (codec && "decode" in codec && codec.checkHead) {
    const last = firsts.at(-1)! + parts.at(-1)!.frames - 1;
    for (const frame of new Set([0, last])) {
      codec.checkHead(await read(frame), { format, ...size });
    }
  }
  return {
    blockWidth,
    blockHeight,
    overlaps: map.overlaps,
    *piecesIn(region) {
      for (const { frame, x, y } of map.framesIn(region)) {
        yield {
          block: frame,
          blockWidth,
          x,
          y,
          width: blockWidth,
          height: blockHeight,
        };
      }
    },
    prefetch(blocks): void {
      stores.forEach((store, part) =>
        store.prefetch?.(
          blocks.filter((frame) => partOf(firsts, frame) === part)
            .map((frame) => frame - firsts[part]),
        )
      );
    },
    async load(frame, signal) {
      const bytes = await read(frame, signal);
      const plane = bytes.length / 3;
      const parts = stored.planar
        ? [0, 1, 2].map((i) => bytes.slice(i * plane, (i + 1) * plane))
        : [bytes];
      return { format, parts, ...size };
    },
  };
}
