/// <reference lib="dom" />
import OpenSeadragon from "openseadragon";
import type { PageContext } from "../page_context.ts";
import type { Tool, ToolPointer } from "./tool.ts";

/** A place in the viewer's element. */
type Spot = readonly [x: number, y: number];

/**
 * Gives the pointer to the tool, or to the slide: the space bar and the middle button pan, two fingers pan and zoom, and
 * the wheel stays the viewer's.
 */
export class PointerInput {
  readonly #page: PageContext;
  readonly #frame: HTMLElement;
  readonly #tool: (event: PointerEvent) => Tool | undefined;
  /** What each pressed pointer does. */
  readonly #pressed = new Map<number, { spot: Spot; tool?: Tool }>();
  #space = false;

  /** @param tool The tool of a press; `undefined`: the viewer's own. */
  constructor(
    page: PageContext,
    tool: (event: PointerEvent) => Tool | undefined,
  ) {
    this.#page = page;
    this.#tool = tool;
    this.#frame = page.viewer.container as HTMLElement;
    const listen = (
      type: "pointerdown" | "pointermove" | "pointerup" | "pointercancel",
      act: (event: PointerEvent) => void,
    ) => this.#frame.addEventListener(type, act, { capture: true });
    listen("pointerdown", (event) => this.#down(event));
    listen("pointermove", (event) => this.#move(event));
    listen("pointerup", (event) => this.#up(event, true));
    listen("pointercancel", (event) => this.#up(event, false));
    this.#frame.addEventListener("pointerleave", (event) => {
      this.#tool(event)?.hover?.(undefined);
    });
    document.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("keyup", ({ key }) => {
      if (key === " ") this.#hold(false);
    });
    globalThis.addEventListener("blur", () => this.#hold(false));
  }

  /** The space bar pans while it is held, where it does not press a button that was reached by key. */
  #key(event: KeyboardEvent): void {
    const target = event.target as Element;
    const isTaken = target.closest(
      "dialog, select, input, textarea, [role=listbox], :is(button, a):focus-visible",
    );
    if (event.key !== " " || isTaken) return;
    event.preventDefault();
    this.#hold(true);
  }

  #hold(space: boolean): void {
    this.#space = space;
    this.#frame.classList.toggle("panning", space);
  }

  #down(event: PointerEvent): void {
    const { canvas } = this.#page.viewer;
    if (!canvas.contains(event.target as Node)) return;
    const { button, pointerId } = event;
    const pans = button === 1 || button === 0 && this.#space;
    const tool = pans || button !== 0 ? undefined : this.#tool(event);
    if (!pans && !tool) return;
    event.stopPropagation();
    if (button === 1) event.preventDefault();
    this.#frame.setPointerCapture(pointerId);
    const isSecond = this.#pressed.size > 0;
    // What the first finger began was not meant.
    for (const other of this.#pressed.values()) {
      other.tool?.drop?.();
      other.tool = undefined;
    }
    const own = isSecond ? undefined : tool;
    this.#pressed.set(pointerId, { spot: this.#spot(event), tool: own });
    const at = this.#at(event);
    if (at) own?.begin?.(at);
  }

  #move(event: PointerEvent): void {
    const pressed = this.#pressed.get(event.pointerId);
    if (!pressed) {
      const at = this.#at(event);
      if (at && event.buttons === 0) this.#tool(event)?.hover?.(at);
      return;
    }
    const { tool } = pressed;
    if (tool) {
      // Browsers join what the pointer did since the last frame.
      const all = event.getCoalescedEvents?.() ?? [];
      for (const one of all.length > 0 ? all : [event]) {
        const at = this.#at(one);
        if (at) tool.drag?.(at);
      }
      const at = this.#at(event);
      if (at) tool.hover?.(at);
      return;
    }
    const before = [...this.#pressed.values()].map(({ spot }) => spot);
    pressed.spot = this.#spot(event);
    const after = [...this.#pressed.values()].map(({ spot }) => spot);
    this.#moveSlide(before, after);
  }

  #up(event: PointerEvent, isMeant: boolean): void {
    const pressed = this.#pressed.get(event.pointerId);
    if (!pressed) return;
    event.stopPropagation();
    this.#pressed.delete(event.pointerId);
    const at = this.#at(event);
    if (at && isMeant) pressed.tool?.end?.(at);
    else pressed.tool?.drop?.();
  }

  /** Moves the slide with one pointer, or moves and zooms it with two. */
  #moveSlide(before: readonly Spot[], after: readonly Spot[]): void {
    const { viewport } = this.#page.viewer;
    const [from, to] = [middleOf(before), middleOf(after)];
    viewport.panBy(
      viewport.deltaPointsFromPixels(
        new OpenSeadragon.Point(from[0] - to[0], from[1] - to[1]),
      ),
      true,
    );
    const [old, now] = [before, after].map(([a, b]) =>
      b ? Math.hypot(a[0] - b[0], a[1] - b[1]) : 1
    );
    if (old > 0 && now > 0 && old !== now) {
      const center = viewport.pointFromPixel(
        new OpenSeadragon.Point(...to),
        true,
      );
      viewport.zoomBy(now / old, center, true);
    }
    viewport.applyConstraints();
  }

  #spot({ clientX, clientY }: PointerEvent): Spot {
    const { left, top } = this.#frame.getBoundingClientRect();
    return [clientX - left, clientY - top];
  }

  #at(event: PointerEvent): ToolPointer | undefined {
    const place = this.#page.placement();
    if (!place) return undefined;
    const [x, y] = place.toSlide(...this.#spot(event));
    return { x, y, zoom: place.zoom };
  }
}

function middleOf(spots: readonly Spot[]): Spot {
  const sum = (axis: 0 | 1) =>
    spots.reduce((total, spot) => total + spot[axis], 0) / spots.length;
  return [sum(0), sum(1)];
}
