import { cannot } from "../errors/cannot.ts";
import type { Region } from "../slide/slide.ts";
import type { LabelSource, ReadLabelsOptions } from "./label_source.ts";

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Labels as a picture of the slide's size. */
export abstract class PictureSource<Picture extends Size & AsyncDisposable>
  implements LabelSource {
  /** The picture, which the labels close. */
  protected readonly picture: Picture;

  /** Takes ownership of a picture. */
  protected constructor(picture: Picture) {
    this.picture = picture;
  }

  /** Width of the slide in level-0 pixels. */
  get width(): number {
    return this.picture.width;
  }

  /** Height of the slide in level-0 pixels. */
  get height(): number {
    return this.picture.height;
  }

  abstract readRegion(
    region: Region,
    options?: ReadLabelsOptions,
  ): Promise<Uint8Array>;

  /** Closes the picture. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.picture[Symbol.asyncDispose]());
  }
}

/**
 * Makes labels of a picture, which is closed if they cannot be made.
 *
 * @throws {RangeError} If the picture's size is not the slide's.
 */
export async function ofSlideSize<Picture extends Size & AsyncDisposable, T>(
  picture: Picture,
  { path, width, height, make }: Size & {
    readonly path: string;
    make(picture: Picture): T;
  },
): Promise<T> {
  try {
    if (picture.width !== width || picture.height !== height) {
      throw cannot(
        `use mask "${path}"`,
        `its size must be the slide's, ${width}×${height}, not ${picture.width}×${picture.height}`,
        { kind: RangeError },
      );
    }
    return make(picture);
  } catch (error) {
    await picture[Symbol.asyncDispose]();
    throw error;
  }
}
