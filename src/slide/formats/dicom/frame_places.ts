import { cannot } from "../../../errors/cannot.ts";
import { MAX_DICOM_FRAMES } from "../../../io/limits.ts";
import { type Dataset, itemsOf, numberOf, textOf, textsOf } from "./dataset.ts";

/** Distinct values that are kept: more are not listed. */
const MOST_KINDS = 64;

/** The column or row of a frame that does not say it. */
const UNSAID = -0x80000000;

/** Where the frames of a file lie, and in which planes: what each says of itself. */
export class FramePlaces {
  /** Columns and rows of the frames' upper left corners, counted from 1. */
  #places = new Int32Array(64);
  #count = 0;
  /** Distances from the glass. */
  readonly planes = new Set<string>();
  /** Optical paths. */
  readonly paths = new Set<string>();
  /** Pixel spacings of frames that have their own: `row\column`. */
  readonly spacings = new Set<string>();

  /** How many frames say something of themselves. */
  get count(): number {
    return this.#count;
  }

  /** The column and the row of a frame, counted from 0; `undefined` if it does not say where it lies. */
  at(frame: number): readonly [x: number, y: number] | undefined {
    const [x, y] = this.#places.subarray(2 * frame, 2 * frame + 2);
    return frame >= this.#count || x === UNSAID || y === UNSAID
      ? undefined
      : [x - 1, y - 1];
  }

  /**
   * Adds the next frame.
   *
   * @throws {RangeError} If they are too many.
   */
  add(groups: Dataset): void {
    if (this.#count === MAX_DICOM_FRAMES) {
      throw cannot(
        "read a DICOM header",
        `it has more than ${MAX_DICOM_FRAMES} frames`,
        { kind: RangeError },
      );
    }
    const at = 2 * this.#count++;
    if (at === this.#places.length) {
      const wider = new Int32Array(2 * at);
      wider.set(this.#places);
      this.#places = wider;
    }
    this.#places.fill(UNSAID, at, at + 2);
    const [place] = itemsOf(groups, "PlanePositionSlideSequence");
    const [measures] = itemsOf(groups, "PixelMeasuresSequence");
    const [path] = itemsOf(groups, "OpticalPathIdentificationSequence");
    if (place) {
      this.#places[at] =
        numberOf(place, "ColumnPositionInTotalImagePixelMatrix") ?? UNSAID;
      this.#places[at + 1] =
        numberOf(place, "RowPositionInTotalImagePixelMatrix") ?? UNSAID;
      keep(this.planes, numberOf(place, "ZOffsetInSlideCoordinateSystem"));
    }
    if (path) keep(this.paths, textOf(path, "OpticalPathIdentifier"));
    if (measures) {
      keep(this.spacings, textsOf(measures, "PixelSpacing").join("\\"));
    }
  }
}

function keep(kinds: Set<string>, value: string | number | undefined): void {
  if (value !== undefined && kinds.size < MOST_KINDS) kinds.add(String(value));
}
