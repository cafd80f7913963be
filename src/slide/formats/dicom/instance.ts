import { cannot } from "../../../errors/cannot.ts";
import { MAX_DICOM_FRAMES, MAX_DICOM_TILES } from "../../../io/limits.ts";
import {
  type Dataset,
  itemsOf,
  numberOf,
  numbersOf,
  textOf,
  textsOf,
} from "./dataset.ts";
import type { FramePlaces } from "./frame_places.ts";
import type { FrameStore } from "./frame_store.ts";
import { describeClass, WHOLE_SLIDE } from "./transfer_syntax.ts";

/** One object of a series: a file, or what a server keeps for one. */
export interface DicomInstance {
  /** The file's name, or the instance's UID. */
  readonly name: string;
  readonly dataset: Dataset;
  readonly places: FramePlaces;
  readonly uid: string;
  readonly study?: string;
  readonly series: string;
  readonly syntax: string;
  /** `VOLUME`, `LABEL`, `OVERVIEW` or `THUMBNAIL`. */
  readonly role: string;
  /** Pixels of a frame. */
  readonly tile: Size;
  /** Pixels of the whole matrix. */
  readonly matrix: Size;
  readonly frames: number;
  readonly concatenation?: {
    readonly uid: string;
    /** How many frames of other parts come before this one's. */
    readonly first?: number;
    readonly number?: number;
    readonly total?: number;
  };
  /** Millimeters between rows, and between columns. */
  readonly spacing?: readonly [row: number, column: number];
  /** Finds its frames. */
  openFrames(): Promise<FrameStore>;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Refuses what is not a whole slide.
 *
 * @throws {TypeError} The message says what it is.
 */
export function checkClass(dataset: Dataset): void {
  const uid = classOf(dataset);
  if (uid === WHOLE_SLIDE) return;
  throw cannot(
    "read a DICOM file",
    `it is ${
      describeClass(uid)
    }, not a whole-slide image: give the file, or the folder, of a slide`,
    { kind: TypeError },
  );
}

/** The kind of an object. */
export function classOf(dataset: Dataset): string | undefined {
  return textOf(dataset, "SOPClassUID") ??
    textOf(dataset, "MediaStorageSOPClassUID");
}

/**
 * Reads what an object says of itself.
 *
 * @throws {TypeError} If it is not of a whole slide.
 * @throws {SyntaxError} If it does not say what is needed.
 * @throws {RangeError} If it says impossible sizes.
 */
export function describeInstance(
  { dataset, places, name, syntax, openFrames }:
    & Pick<DicomInstance, "dataset" | "places" | "name" | "openFrames">
    & { readonly syntax: string },
): DicomInstance {
  checkClass(dataset);
  const tile = {
    width: need(dataset, { keyword: "Columns", name }),
    height: need(dataset, { keyword: "Rows", name }),
  };
  const frames = numberOf(dataset, "NumberOfFrames") ?? 1;
  const isOne = frames === 1;
  const matrix = {
    width: numberOf(dataset, "TotalPixelMatrixColumns") ??
      (isOne ? tile.width : NaN),
    height: numberOf(dataset, "TotalPixelMatrixRows") ??
      (isOne ? tile.height : NaN),
  };
  if (!(matrix.width >= 1 && matrix.height >= 1)) {
    throw incomplete(name, "how large its picture is");
  }
  const room = Math.ceil(matrix.width / tile.width) *
    Math.ceil(matrix.height / tile.height);
  if (!(frames >= 1 && frames <= MAX_DICOM_FRAMES) || room > MAX_DICOM_TILES) {
    throw cannot(
      "read a DICOM file",
      `"${name}" has ${frames} frames of ${tile.width}×${tile.height} for ${matrix.width}×${matrix.height} pixels, and at most ${MAX_DICOM_FRAMES} frames and ${MAX_DICOM_TILES} tiles are read`,
      { kind: RangeError },
    );
  }
  const series = textOf(dataset, "SeriesInstanceUID");
  if (!series) throw incomplete(name, "of which series it is");
  const uid = textOf(dataset, "SOPInstanceUID");
  if (!uid) throw incomplete(name, "its instance UID");
  const concatenation = textOf(dataset, "ConcatenationUID");
  return {
    name,
    dataset,
    places,
    uid,
    study: textOf(dataset, "StudyInstanceUID"),
    series,
    syntax,
    role: roleOf(dataset),
    tile,
    matrix,
    frames,
    concatenation: concatenation === undefined ? undefined : {
      uid: concatenation,
      first: numberOf(dataset, "ConcatenationFrameOffsetNumber"),
      number: numberOf(dataset, "InConcatenationNumber"),
      total: numberOf(dataset, "InConcatenationTotalNumber"),
    },
    spacing: spacingOf(dataset, places),
    openFrames,
  };
}

function need(
  dataset: Dataset,
  { keyword, name }: {
    readonly keyword: "Columns" | "Rows";
    readonly name: string;
  },
): number {
  const value = numberOf(dataset, keyword);
  if (value !== undefined && value >= 1) return value;
  throw incomplete(name, `how large its frames are (${keyword})`);
}

function incomplete(name: string, what: string): Error {
  return cannot("read a DICOM file", `"${name}" does not say ${what}`, {
    kind: SyntaxError,
  });
}

/** The third value of ImageType: what a picture shows. */
function roleOf(dataset: Dataset): string {
  const [, , role = ""] = textsOf(dataset, "ImageType");
  // The supplement that defined slides called it so.
  return role === "LOCALIZER" ? "OVERVIEW" : role;
}

/** The distances of pixels, if all frames have the same. */
function spacingOf(
  dataset: Dataset,
  places: FramePlaces,
): DicomInstance["spacing"] {
  const [shared] = itemsOf(dataset, "SharedFunctionalGroupsSequence");
  const [measures] = shared ? itemsOf(shared, "PixelMeasuresSequence") : [];
  const [own] = places.spacings;
  const [row, column] = measures
    ? numbersOf(measures, "PixelSpacing")
    : places.spacings.size === 1
    ? own.split("\\").map(Number)
    : [];
  return row > 0 && column > 0 ? [row, column] : undefined;
}

/** The nominal magnification of the objective: that of the optical path. */
export function powerOf({ dataset }: DicomInstance): number | undefined {
  const [path] = itemsOf(dataset, "OpticalPathSequence");
  return path && numberOf(path, "ObjectiveLensPower");
}
