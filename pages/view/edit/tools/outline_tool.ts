/// <reference lib="dom" />
import type { Placement } from "../../placement.ts";
import type { EditContext } from "../edit_context.ts";
import type { Tool, ToolPointer } from "../tool.ts";

/** How near a click must be to the point before, or the first one, in pixels of the screen, to close the outline. */
const NEAR = 6;

/** How soon a second click closes the outline, in milliseconds. */
const SOON = 400;

/** What makes an outline tool one tool or another. */
export interface OutlineToolOptions
  extends Pick<Tool, "name" | "icon" | "key" | "help"> {
  /** Whether dragging draws a rectangle. */
  readonly rectangles: boolean;
  /** Called with the outline. */
  close(ring: readonly number[]): void;
}

/** A tool for outlines: clicks are corners. */
export function outlineTool(
  edit: EditContext,
  { rectangles, close, ...options }: OutlineToolOptions,
): Tool {
  let points: ToolPointer[] = [];
  let pressed: ToolPointer | undefined;
  let hover: ToolPointer | undefined;
  let clicked = 0;

  const isNear = (a: ToolPointer, b: ToolPointer | undefined) =>
    b !== undefined && Math.hypot(a.x - b.x, a.y - b.y) * a.zoom < NEAR;

  function cancel(): boolean {
    const begun = points.length > 0 || pressed !== undefined;
    [points, pressed] = [[], undefined];
    edit.redraw();
    return begun;
  }

  function finish(): void {
    const ring = points.flatMap(({ x, y }) => [x, y]);
    if (points.length === 0) return;
    if (points.length < 3) return edit.say("An outline needs three points.");
    cancel();
    close(ring);
  }

  function click(at: ToolPointer): void {
    const isSecond = performance.now() - clicked < SOON &&
      isNear(at, points.at(-1));
    clicked = performance.now();
    if (points.length >= 3 && (isSecond || isNear(at, points[0]))) finish();
    else if (!isSecond) points.push(at);
    edit.redraw();
  }

  return {
    ...options,
    begin: (at) => pressed = at,
    drag(at) {
      hover = at;
      edit.redraw();
    },
    hover(at) {
      hover = at;
      edit.redraw();
    },
    end(at) {
      const start = pressed;
      pressed = undefined;
      if (!rectangles || !start || points.length > 0 || isNear(at, start)) {
        return click(at);
      }
      close(rectangleOf(start, at, edit));
      edit.redraw();
    },
    drop() {
      pressed = undefined;
      edit.redraw();
    },
    back() {
      points.pop();
      edit.redraw();
    },
    finish,
    cancel,
    draw(pen, place) {
      const path = new Path2D();
      const dragged = rectangles && pressed && points.length === 0 && hover;
      const corners = dragged
        ? toPoints(rectangleOf(pressed!, hover!, edit))
        : [...points, ...(hover && points.length > 0 ? [hover] : [])];
      corners.forEach(({ x, y }, i) =>
        i ? path.lineTo(x, y) : path.moveTo(x, y)
      );
      if (corners.length > 2) path.closePath();
      strokeLine(pen, path, place);
      for (const { x, y } of points) {
        pen.fillStyle = "white";
        const side = 6 / place.zoom;
        pen.fillRect(x - side / 2, y - side / 2, side, side);
        pen.lineWidth = 1 / place.zoom;
        pen.strokeStyle = "black";
        pen.strokeRect(x - side / 2, y - side / 2, side, side);
      }
    },
  };
}

/** A rectangle that is upright on the screen, however the slide is turned. */
export function rectangleOf(
  a: { readonly x: number; readonly y: number },
  b: { readonly x: number; readonly y: number },
  { page }: EditContext,
): number[] {
  const place = page.placement()!;
  const [[left, top], [right, bottom]] = [a, b]
    .map(({ x, y }) => place.toScreen(x, y));
  return [[left, top], [right, top], [right, bottom], [left, bottom]]
    .flatMap(([x, y]) => place.toSlide(x, y));
}

function toPoints(ring: readonly number[]): { x: number; y: number }[] {
  return Array.from(
    { length: ring.length / 2 },
    (_, i) => ({ x: ring[2 * i], y: ring[2 * i + 1] }),
  );
}

/** A line that is seen on any stain. */
export function strokeLine(
  pen: CanvasRenderingContext2D,
  path: Path2D,
  { zoom }: Placement,
): void {
  for (const [width, color] of [[3.5, "black"], [1.5, "white"]] as const) {
    pen.lineWidth = width / zoom;
    pen.strokeStyle = color;
    pen.stroke(path);
  }
}
