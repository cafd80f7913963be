import { type Mask, openMask } from "../slide/open_mask.ts";
import type { Region } from "../slide/slide.ts";
import type { LabelSource, ReadLabelsOptions } from "./label_source.ts";

/**
 * A mask as an image of the slide's size: what is not zero and not transparent is foreground; see {@linkcode openMask}.
 */
export class PictureLabels implements LabelSource {
  readonly #picture: Mask;

  private constructor(picture: Mask) {
    this.#picture = picture;
  }

  /**
   * Opens a picture.
   *
   * @throws {RangeError} If it is not as large as the slide.
   * @throws {Error} If it cannot be read.
   */
  static async open(
    path: string,
    { width, height }: { readonly width: number; readonly height: number },
    options: ReadLabelsOptions = {},
  ): Promise<PictureLabels> {
    const picture = await openMask(path, options);
    if (picture.width === width && picture.height === height) {
      return new PictureLabels(picture);
    }
    await picture[Symbol.asyncDispose]();
    throw new RangeError(
      `Cannot use a mask as it must be as large as its slide, ${width}×${height}: received ${picture.width}×${picture.height}`,
    );
  }

  /** Width of the slide in level-0 pixels. */
  get width(): number {
    return this.#picture.width;
  }

  /** Height of the slide in level-0 pixels. */
  get height(): number {
    return this.#picture.height;
  }

  /** Notes on the interpretation where the file is ambiguous, one line each. */
  get notes(): readonly string[] {
    return this.#picture.notes;
  }

  /**
   * Reads a region: one byte per pixel, 0 or 1.
   *
   * @throws {TypeError} If the picture has colors there, or samples that no mask has.
   */
  async readRegion(
    region: Region,
    { signal }: ReadLabelsOptions = {},
  ): Promise<Uint8Array> {
    const rgb = await this.#picture.readRegion(region, { signal });
    const mask = new Uint8Array(rgb.length / 3);
    for (let i = 0; i < mask.length; i++) mask[i] = rgb[i * 3] & 1;
    return mask;
  }

  /** Closes the picture. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#picture[Symbol.asyncDispose]());
  }
}
