import type { ClassesOfPixels } from "./coverage_canvas.ts";

/** Green: stains are pink, purple and blue, glass is white, and apart from pen marks nothing on a slide is green. */
const FILL = [0, 230, 90];
/** The line, and a dark rim around it for contrast with light areas. */
const LINE = [0, 255, 70], RIM = [0, 40, 20];
const OPACITY = 0.18;
/** Opacity of the fill of several classes, which tell apart by their colors. */
const CLASS_OPACITY = 0.35;

/** Marks a pixel of {@linkcode Outlines} as part of the rim; 1 to 3 mark the line. */
const IS_RIM = 255;

/**
 * A layer of RGBA pixels that shows a mask: a translucent fill, a bright line inside its edge, a dark rim outside. It
 * is drawn row by row because it would take four times the memory of its source.
 */
export class Outlines {
  readonly #coverage: Uint8Array;
  readonly #classes: ClassesOfPixels | undefined;
  readonly #width: number;
  /** For each pixel, its depth inside the edge if it is part of the line, `IS_RIM` if it is part of the rim, else 0. */
  readonly #edge: Uint8Array;
  readonly #row: Uint8Array;

  /**
   * Finds the edges.
   *
   * @param options.classes The class of each pixel, if there are several: its color is that of line and fill.
   * @param coverage Fraction of each pixel that the mask covers, 0 to 255. Any covered pixel is inside the line, so that small
   * objects are visible too.
   */
  constructor(
    coverage: Uint8Array,
    { width, height, classes }: {
      readonly width: number;
      readonly height: number;
      readonly classes?: ClassesOfPixels;
    },
  ) {
    const labels = classes?.labels ??
      coverage.map((value) => Math.min(value, 1));
    this.#classes = classes;
    this.#coverage = coverage;
    this.#width = width;
    this.#edge = new Uint8Array(coverage.length);
    this.#row = new Uint8Array(width * 4);
    // Two pixels for a picture of a thousand, at most three: a glomerulus of a large slide is only about fifteen wide.
    const thickness = Math.min(
      3,
      Math.max(1, Math.round(Math.max(width, height) / 500)),
    );
    for (let layer = 1; layer <= thickness; layer++) {
      markEdge(labels, this.#edge, { width, height, inside: true, layer });
    }
    const rim = { inside: false, layer: IS_RIM };
    markEdge(labels, this.#edge, { width, height, ...rim });
  }

  /** Draws a row. Every call returns the same array. */
  row(y: number): Uint8Array {
    const row = this.#row.fill(0);
    for (let x = 0, at = y * this.#width; x < this.#width; x++, at++) {
      const edge = this.#edge[at], coverage = this.#coverage[at];
      const color = this.#classes?.colors[this.#classes.labels[at] - 1];
      if (edge === IS_RIM) put(row, x, RIM, 0.75);
      else if (edge > 0) put(row, x, color ?? LINE, 1);
      else if (coverage > 0) {
        const opacity = (color ? CLASS_OPACITY : OPACITY) * coverage / 255;
        put(row, x, color ?? FILL, opacity);
      }
    }
    return row;
  }
}

/** Composites a layer of RGBA pixels over RGB ones, in place. */
export function drawLayer(picture: Uint8Array, layer: Uint8Array): void {
  for (let at = 0, from = 0; from < layer.length; at += 3, from += 4) {
    const opacity = layer[from + 3] / 255;
    if (opacity === 0) continue;
    for (let k = 0; k < 3; k++) {
      picture[at + k] = Math.round(
        picture[at + k] * (1 - opacity) + layer[from + k] * opacity,
      );
    }
  }
}

function put(
  layer: Uint8Array,
  at: number,
  color: readonly number[],
  opacity: number,
): void {
  layer.set(color, at * 4);
  layer[at * 4 + 3] = Math.round(opacity * 255);
}

/**
 * Marks the covered pixels (`inside`) or the uncovered ones that are next to one of another class or to a mark of an earlier
 * layer. The picture's border is not an edge.
 */
function markEdge(
  labels: Uint8Array,
  edge: Uint8Array,
  options: {
    readonly width: number;
    readonly height: number;
    readonly inside: boolean;
    readonly layer: number;
  },
): void {
  const { width, height, inside, layer } = options;
  const isOut = (at: number, label: number): boolean =>
    labels[at] !== label || edge[at] > 0 && edge[at] < layer;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const label = labels[at];
      if ((label > 0) !== inside || edge[at] > 0) continue;
      if (
        x > 0 && isOut(at - 1, label) ||
        x + 1 < width && isOut(at + 1, label) ||
        y > 0 && isOut(at - width, label) ||
        y + 1 < height && isOut(at + width, label)
      ) edge[at] = layer;
    }
  }
}
