import { cannot } from "../errors/cannot.ts";
import { type Mask, openMask } from "../slide/open_mask.ts";
import type { Region } from "../slide/slide.ts";
import type { LabelSource, ReadLabelsOptions } from "./label_source.ts";

/**
 * A mask as an image of the slide's size; pixels that are neither zero nor transparent are foreground. See
 * {@linkcode openMask}.
 */
export class PictureLabels implements LabelSource {
  readonly #picture: Mask;

  private constructor(picture: Mask) {
    this.#picture = picture;
  }

  /**
   * Opens a picture.
   *
   * @throws {RangeError} If its size is not the slide's.
   * @throws {Error} If it cannot be read.
   */
  static async open(
    path: string,
    { width, height }: { readonly width: number; readonly height: number },
    options: ReadLabelsOptions = {},
  ): Promise<PictureLabels> {
    const picture = await openMask(path, options);
    try {
      expectSlideSize(path, picture, { width, height });
      return new PictureLabels(picture);
    } catch (error) {
      await picture[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Width of the slide in level-0 pixels. */
  get width(): number {
    return this.#picture.width;
  }

  /** Height of the slide in level-0 pixels. */
  get height(): number {
    return this.#picture.height;
  }

  /** How ambiguous files were interpreted, one line each. */
  get notes(): readonly string[] {
    return this.#picture.notes;
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

/** @throws {RangeError} If the size of a mask is not the slide's. */
export function expectSlideSize(
  path: string,
  mask: { readonly width: number; readonly height: number },
  { width, height }: { readonly width: number; readonly height: number },
): void {
  if (mask.width === width && mask.height === height) return;
  throw cannot(
    `use mask "${path}"`,
    `its size must be the slide's, ${width}×${height}, not ${mask.width}×${mask.height}`,
    { kind: RangeError },
  );
}
