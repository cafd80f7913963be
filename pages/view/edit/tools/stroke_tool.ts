/// <reference lib="dom" />
import type { Placement } from "../../placement.ts";
import type { EditContext } from "../edit_context.ts";
import { penStroke, type Rings, simplifiedLine } from "../shapes.ts";
import type { Tool, ToolPointer } from "../tool.ts";

/** The radius of brush and eraser in pixels of the screen: the least, the first, and the most. */
const RADIUS = { least: 2, first: 14, most: 200 };

/** The size that brush and eraser share. */
export class PenSize {
  /** In pixels of the screen, so that a closer look gives a finer pen. */
  radius = RADIUS.first;

  /** Makes it larger or smaller. */
  scale(by: number): void {
    const { least, most } = RADIUS;
    this.radius = Math.min(Math.max(this.radius * by, least), most);
  }
}

/** A round pen that is drawn over the slide. */
export class Stroke {
  readonly #edit: EditContext;
  readonly #size: PenSize;
  readonly #color: string;
  #line: number[] = [];
  #hover: ToolPointer | undefined;

  constructor(edit: EditContext, { size, color }: {
    readonly size: PenSize;
    readonly color: string;
  }) {
    this.#edit = edit;
    this.#size = size;
    this.#color = color;
  }

  /** Where it began. */
  get start(): readonly number[] {
    return this.#line.slice(0, 2);
  }

  /** Adds a point. */
  add({ x, y }: ToolPointer): void {
    this.#line.push(x, y);
    this.#edit.redraw();
  }

  /** Shows its size where the pointer is. */
  hover(at: ToolPointer | undefined): void {
    this.#hover = at;
    this.#edit.redraw();
  }

  /** Forgets it; `true` if it was begun. */
  drop(): boolean {
    const begun = this.#line.length > 0;
    this.#line = [];
    this.#edit.redraw();
    return begun;
  }

  /** What it covers, to half a pixel of the screen; ends it. */
  end({ zoom }: ToolPointer): Rings {
    const line = simplifiedLine(this.#line, 0.5 / zoom);
    this.drop();
    return penStroke([line], {
      radius: this.#size.radius / zoom,
      error: 0.25 / zoom,
    });
  }

  /** Draws it. */
  draw(pen: CanvasRenderingContext2D, { zoom }: Placement): void {
    const { radius } = this.#size;
    if (this.#line.length > 0) {
      const path = new Path2D();
      path.moveTo(this.#line[0], this.#line[1]);
      for (let i = 0; i < this.#line.length; i += 2) {
        path.lineTo(this.#line[i], this.#line[i + 1]);
      }
      pen.strokeStyle = this.#color;
      pen.lineWidth = 2 * radius / zoom;
      pen.stroke(path);
    }
    if (!this.#hover) return;
    const ring = new Path2D();
    ring.arc(this.#hover.x, this.#hover.y, radius / zoom, 0, 7);
    for (const [width, color] of [[3, "black"], [1.2, "white"]] as const) {
      pen.lineWidth = width / zoom;
      pen.strokeStyle = color;
      pen.stroke(ring);
    }
  }
}

/** What tools that draw a stroke do before it ends. */
export function strokeHandlers(
  stroke: Stroke,
): Pick<Tool, "begin" | "drag" | "hover" | "drop" | "cancel" | "draw"> {
  return {
    begin: (at) => stroke.add(at),
    drag: (at) => stroke.add(at),
    hover: (at) => stroke.hover(at),
    drop: () => void stroke.drop(),
    cancel: () => stroke.drop(),
    draw: (pen, place) => stroke.draw(pen, place),
  };
}
