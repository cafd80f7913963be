import { openSlide } from "../slide/open_slide.ts";
import type { Region, Slide } from "../slide/slide.ts";
import type { LabelSource, ReadLabelsOptions } from "./label_source.ts";

/** A mask as a picture of the slide's size: what is not black is set. */
export class PictureLabels implements LabelSource {
  readonly #picture: Slide;

  private constructor(picture: Slide) {
    this.#picture = picture;
  }

  /**
   * Opens a picture that {@linkcode openSlide} reads.
   *
   * @throws {RangeError} If it is not as large as the slide.
   * @throws {Error} If it cannot be read.
   */
  static async open(
    path: string,
    { width, height }: { readonly width: number; readonly height: number },
    options: ReadLabelsOptions = {},
  ): Promise<PictureLabels> {
    const picture = await openSlide(path, options);
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

  /**
   * Reads a region: one byte a pixel, 0 or 1.
   *
   * @throws {TypeError} If the picture has colours there.
   */
  async readRegion(
    region: Region,
    { signal }: ReadLabelsOptions = {},
  ): Promise<Uint8Array> {
    const rgb = await this.#picture.readRegion(region, { fill: 0, signal });
    const mask = new Uint8Array(rgb.length / 3);
    for (let i = 0, at = 0; i < mask.length; i++, at += 3) {
      const [red, green, blue] = [rgb[at], rgb[at + 1], rgb[at + 2]];
      if (red !== green || green !== blue) {
        // Most likely the slide itself, which would be taken as foreground everywhere.
        throw new TypeError(
          `Cannot use "${this.#picture.name}" as a mask as it must be grey: received the colour ${red},${green},${blue}`,
        );
      }
      if (red !== 0) mask[i] = 1;
    }
    return mask;
  }

  /** Closes the picture. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#picture[Symbol.asyncDispose]());
  }
}
