/// <reference lib="dom" />
/** Where the slide is on the screen, in pixels of the viewer's element. */
export class Placement {
  /** Where the slide's top left corner is. */
  readonly x: number;
  readonly y: number;
  /** Screen pixels per level-0 pixel. */
  readonly zoom: number;
  /** Clockwise rotation in radians. */
  readonly angle: number;

  constructor({ x, y, zoom, angle = 0 }: {
    readonly x: number;
    readonly y: number;
    readonly zoom: number;
    readonly angle?: number;
  }) {
    this.x = x;
    this.y = y;
    this.zoom = zoom;
    this.angle = angle;
  }

  /** Where a level-0 pixel is on the screen. */
  toScreen(x: number, y: number): [x: number, y: number] {
    const [a, b] = this.#axis;
    return [this.x + a * x - b * y, this.y + b * x + a * y];
  }

  /** The level-0 pixel at a place of the screen. */
  toSlide(x: number, y: number): [x: number, y: number] {
    const [a, b] = this.#axis;
    const square = this.zoom ** 2;
    const [dx, dy] = [x - this.x, y - this.y];
    return [(a * dx + b * dy) / square, (a * dy - b * dx) / square];
  }

  /** The level-0 pixels in sight, as the bounds of a part of the screen. */
  inSight(width: number, height: number): Bounds {
    const corners = [[0, 0], [width, 0], [0, height], [width, height]]
      .map(([x, y]) => this.toSlide(x, y));
    const [xs, ys] = [0, 1].map((axis) => corners.map((one) => one[axis]));
    return {
      left: Math.min(...xs),
      top: Math.min(...ys),
      right: Math.max(...xs),
      bottom: Math.max(...ys),
    };
  }

  /** Lets a canvas draw in level-0 pixels; `ratio` is its pixels per pixel of the screen. */
  apply(context: CanvasRenderingContext2D, ratio: number): void {
    const [a, b] = this.#axis.map((value) => value * ratio);
    context.setTransform(a, b, -b, a, this.x * ratio, this.y * ratio);
  }

  /** The CSS transform that moves what was drawn at another placement to this one. */
  from(other: Placement): string {
    const scale = this.zoom / other.zoom;
    const turn = this.angle - other.angle;
    const [a, b] = [Math.cos(turn) * scale, Math.sin(turn) * scale];
    const x = this.x - (a * other.x - b * other.y);
    const y = this.y - (b * other.x + a * other.y);
    return `matrix(${a}, ${b}, ${-b}, ${a}, ${x}, ${y})`;
  }

  get #axis(): [number, number] {
    return [
      Math.cos(this.angle) * this.zoom,
      Math.sin(this.angle) * this.zoom,
    ];
  }
}

/** A rectangle in level-0 pixels. */
export interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}
