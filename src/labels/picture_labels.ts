import { type Mask, openMask } from "../slide/open_mask.ts";
import type { Region } from "../slide/slide.ts";
import type { ReadLabelsOptions } from "./label_source.ts";
import { ofSlideSize, PictureSource, type Size } from "./picture_source.ts";

/**
 * A mask as an image of the slide's size; pixels that are neither zero nor transparent are foreground. See
 * {@linkcode openMask}.
 */
export class PictureLabels extends PictureSource<Mask> {
  /**
   * Opens a picture.
   *
   * @throws {RangeError} If its size is not the slide's.
   * @throws {Error} If it cannot be read.
   */
  static async open(
    path: string,
    size: Size,
    options: ReadLabelsOptions = {},
  ): Promise<PictureLabels> {
    return await ofSlideSize(await openMask(path, options), {
      ...{ path, width: size.width, height: size.height },
      make: (picture) => new PictureLabels(picture),
    });
  }

  /** How ambiguous files were interpreted, one line each. */
  get notes(): readonly string[] {
    return this.picture.notes;
  }

  /**
   * Reads a region: one byte per pixel, 0 or 1.
   *
   * @throws {TypeError} If the region has colors or other samples that a mask cannot have.
   */
  async readRegion(
    region: Region,
    { signal }: ReadLabelsOptions = {},
  ): Promise<Uint8Array> {
    const rgb = await this.picture.readRegion(region, { signal });
    const mask = new Uint8Array(rgb.length / 3);
    for (let i = 0; i < mask.length; i++) mask[i] = rgb[i * 3] & 1;
    return mask;
  }
}
