/// <reference lib="dom" />

/** The position of a picture in its frame, in pixels of the page. */
export interface PicturePlace {
  readonly x: number;
  readonly y: number;
  /** Pixels of the page per pixel of the picture. */
  readonly scale: number;
}

/** A point of the frame, in pixels of the page. */
export interface FramePoint {
  readonly x: number;
  readonly y: number;
}

/** Maximum pixels of the page per pixel of the picture. */
const LARGEST = 16;

/** Zooms and pans a picture in a frame; until then, it fits the frame at any size. */
export class PanZoom {
  readonly #frame: HTMLElement;
  readonly #picture: { readonly width: number; readonly height: number };
  readonly #show: (place: PicturePlace) => void;
  #x = 0;
  #y = 0;
  #scale = 1;
  #fits = true;

  constructor(
    frame: HTMLElement,
    options: {
      readonly width: number;
      readonly height: number;
      show(place: PicturePlace): void;
    },
  ) {
    this.#frame = frame;
    this.#picture = options;
    this.#show = options.show;
    new ResizeObserver(() => this.#fits ? this.fit() : this.#place())
      .observe(frame);
  }

  /** Shows the whole picture. */
  fit(): void {
    const { clientWidth, clientHeight } = this.#frame;
    this.#scale = this.#fitScale();
    this.#x = (clientWidth - this.#picture.width * this.#scale) / 2;
    this.#y = (clientHeight - this.#picture.height * this.#scale) / 2;
    this.#fits = true;
    this.#place();
  }

  /** Zooms by a factor around a point. Default: the center of the frame. */
  zoom(factor: number, at: FramePoint = this.#middle()): void {
    const least = this.#fitScale() / 2;
    const next = Math.min(LARGEST, Math.max(least, this.#scale * factor));
    this.#x = at.x - (at.x - this.#x) * next / this.#scale;
    this.#y = at.y - (at.y - this.#y) * next / this.#scale;
    this.#scale = next;
    this.#fits = false;
    this.#place();
  }

  /** Moves the picture. */
  move(dx: number, dy: number): void {
    this.#x += dx;
    this.#y += dy;
    this.#fits = false;
    this.#place();
  }

  /** Keeps the center of the frame on the picture, and shows it. */
  #place(): void {
    const { x, y } = this.#middle();
    const scale = this.#scale;
    const { width, height } = this.#picture;
    this.#x = Math.min(x, Math.max(x - width * scale, this.#x));
    this.#y = Math.min(y, Math.max(y - height * scale, this.#y));
    this.#show({ x: this.#x, y: this.#y, scale });
  }

  #fitScale(): number {
    return Math.min(
      this.#frame.clientWidth / this.#picture.width,
      this.#frame.clientHeight / this.#picture.height,
    );
  }

  #middle(): FramePoint {
    const { clientWidth, clientHeight } = this.#frame;
    return { x: clientWidth / 2, y: clientHeight / 2 };
  }
}
