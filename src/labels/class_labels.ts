import { cannot } from "../errors/cannot.ts";
import { type ClassMask, openClassMask } from "../slide/open_class_mask.ts";
import type { Region } from "../slide/slide.ts";
import type { CodesOfClasses } from "./codes_of_classes.ts";
import type { LabelSource, ReadLabelsOptions } from "./label_source.ts";
import { ofSlideSize, PictureSource, type Size } from "./picture_source.ts";
import { RleLabels } from "./rle_labels.ts";
import { type ClassRun, sharedLength } from "./shared_length.ts";

/** Run-length codes of several classes of a slide. Of a pixel in several, the class with the highest number counts. */
export class ClassRleLabels implements LabelSource {
  /** Width of the slide in level-0 pixels. */
  readonly width: number;
  /** Height of the slide in level-0 pixels. */
  readonly height: number;
  /** Number of pixels in several classes. */
  readonly shared: number;
  readonly #classes: readonly (readonly [value: number, mask: RleLabels])[];

  /**
   * Reads the codes.
   *
   * @throws {SyntaxError} If one is not pairs of integers.
   * @throws {RangeError} If a run is empty, leaves the slide, or does not follow the run before it.
   */
  constructor(codes: CodesOfClasses, size: Size) {
    this.width = size.width;
    this.height = size.height;
    this.#classes = [...codes].sort(([a], [b]) => a - b)
      .map(([value, code]) => [value, new RleLabels(code, size)]);
    this.shared = sharedLength(
      this.#classes.flatMap(([value, mask]) =>
        mask.runs().map(([start, end]): ClassRun => [start, end, value])
      ),
    );
  }

  /** Reads a region: one byte per pixel, 0 or the number of its class. */
  async readRegion(region: Region): Promise<Uint8Array> {
    const values = new Uint8Array(region.width * region.height);
    for (const [value, mask] of this.#classes) {
      const set = await mask.readRegion(region);
      for (let i = 0; i < set.length; i++) if (set[i]) values[i] = value;
    }
    return values;
  }

  /** Holds nothing to release. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** A mask of classes as an image of the slide's size; see {@linkcode openClassMask}. */
export class ClassPictureLabels extends PictureSource<ClassMask> {
  readonly #classes: readonly string[];

  private constructor(picture: ClassMask, classes: readonly string[]) {
    super(picture);
    this.#classes = classes;
  }

  /**
   * Opens a picture.
   *
   * @throws {RangeError} If its size is not the slide's.
   * @throws {Error} If it cannot be read.
   */
  static async open(
    path: string,
    { classes, ...size }: Size & { readonly classes: readonly string[] },
    options: ReadLabelsOptions = {},
  ): Promise<ClassPictureLabels> {
    return await ofSlideSize(await openClassMask(path, options), {
      ...{ path, ...size },
      make(picture) {
        if (picture.bits > 8 && classes.length > 254) {
          throw cannot(
            `use mask "${path}"`,
            `values of ${picture.bits} bits are told apart up to 254: save it with 8 bits`,
            { kind: RangeError },
          );
        }
        return new ClassPictureLabels(picture, classes);
      },
    });
  }

  /**
   * Reads a region: one byte per pixel, 0 or the number of its class.
   *
   * @throws {RangeError} If a value is not the number of a class.
   */
  async readRegion(
    region: Region,
    { signal }: ReadLabelsOptions = {},
  ): Promise<Uint8Array> {
    const values = await this.picture.readValues(region, { signal });
    const { length } = this.#classes;
    if (length === 1) {
      // White is the usual value of a mask of one class.
      values.forEach((value, i) => values[i] = value === 255 ? 1 : value);
    }
    const at = values.findIndex((value) => value > length);
    if (at < 0) return values;
    const [x, y] = [at % region.width, Math.floor(at / region.width)];
    const value = values[at] === 255 ? "255 or more" : values[at];
    throw cannot(
      "use a mask of classes",
      `its value at ${region.x + x},${
        region.y + y
      } is ${value}, and the classes are ${
        this.#classes.map((name, i) => `${i + 1}: ${name}`).join(", ")
      }; add --class for the others, in the order of their numbers`,
      { kind: RangeError },
    );
  }
}
