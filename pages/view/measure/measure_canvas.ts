/// <reference lib="dom" />
import { clearedContext, fittedContext } from "../frames.ts";
import type { Placement } from "../placement.ts";
import type { Measurement, Point } from "./measurement.ts";

const BLUE = "#0b57d0";

/** The canvas of measurements, in pixels of the screen. */
export class MeasureCanvas {
  readonly #canvas = document.createElement("canvas");
  #isEmpty = true;

  constructor(parent: HTMLElement) {
    this.#canvas.className = "measures";
    parent.append(this.#canvas);
  }

  /** Draws all anew. */
  draw(paint: (pen: Pen) => void): void {
    const context = this.#isEmpty
      ? fittedContext(this.#canvas)
      : clearedContext(this.#canvas);
    context.scale(devicePixelRatio, devicePixelRatio);
    const pen = new Pen(context);
    paint(pen);
    this.#isEmpty = !pen.hasDrawn;
  }
}

/** Draws on a slide of any color: blue with white around. */
export class Pen {
  hasDrawn = false;
  readonly #context: CanvasRenderingContext2D;

  constructor(context: CanvasRenderingContext2D) {
    this.#context = context;
    context.lineJoin = "round";
    context.lineCap = "round";
  }

  /** A line through points of the screen. */
  line(points: readonly Point[], { isClosed = false } = {}): void {
    const path = new Path2D();
    points.forEach(([x, y], i) =>
      i === 0 ? path.moveTo(x, y) : path.lineTo(x, y)
    );
    if (isClosed) path.closePath();
    this.#stroke(path);
  }

  /** A mark at the end of a line. */
  dot([x, y]: Point): void {
    const path = new Path2D();
    path.arc(x, y, 2.5, 0, 2 * Math.PI);
    this.#stroke(path);
  }

  /** A cross where the next point will be. */
  cross([x, y]: Point): void {
    this.line([[x - 10, y], [x + 10, y]]);
    this.line([[x, y - 10], [x, y + 10]]);
  }

  /** A text, with its middle at a point. */
  text(text: string, [x, y]: Point): void {
    const context = this.#context;
    context.font = '600 13px system-ui, "DejaVu Sans", sans-serif';
    context.textAlign = "center";
    context.textBaseline = "middle";
    const width = context.measureText(text).width + 12;
    context.fillStyle = "#fff";
    context.beginPath();
    context.roundRect(x - width / 2, y - 11, width, 22, 5);
    context.fill();
    context.fillStyle = BLUE;
    context.fillText(text, x, y + 1);
  }

  #stroke(path: Path2D): void {
    this.hasDrawn = true;
    const context = this.#context;
    context.lineWidth = 5;
    context.strokeStyle = "#fff";
    context.stroke(path);
    context.lineWidth = 2.5;
    context.strokeStyle = BLUE;
    context.stroke(path);
  }
}

/** Draws a measurement and what it says. */
export function drawMeasurement(
  pen: Pen,
  place: Placement,
  { kind, points, text, isOpen }: Measurement & {
    readonly text: string;
    /** Whether points are still to come. */
    readonly isOpen: boolean;
  },
): void {
  const seen = points.map(([x, y]) => place.toScreen(x, y));
  pen.line(seen, { isClosed: kind === "area" && !isOpen });
  for (const point of isOpen ? seen.slice(0, -1) : seen) pen.dot(point);
  if (!text) return;
  const [xs, ys] = [0, 1].map((axis) => seen.map((point) => point[axis]));
  const middle = (list: readonly number[]) =>
    (Math.min(...list) + Math.max(...list)) / 2;
  // Above it: within, it would hide what is measured.
  const top = kind === "area" ? Math.min(...ys) : middle(ys);
  pen.text(text, [middle(xs), top - 20]);
}
