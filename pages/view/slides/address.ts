import type { SlideItem } from "../../../src/view/view.ts";

/** What the page's address says: a slide and a place in it. */
export interface Address {
  /** The slide's name. */
  readonly slide?: string;
  /** Column of level 0 in the center of the window. */
  readonly x?: number;
  /** Row of level 0 in the center. */
  readonly y?: number;
  /** Pixels of the screen per level-0 pixel. */
  readonly zoom?: number;
  /** Clockwise, in degrees. */
  readonly rotation?: number;
}

/** Reads `#slide=NAME&x=…&y=…&zoom=…&rotation=…`; numbers that are none are left out. */
export function parseAddress(hash: string): Address {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const number = (name: string) => {
    const text = fields.get(name)?.trim();
    const value = text ? Number(text) : NaN;
    return Number.isFinite(value) ? value : undefined;
  };
  const zoom = number("zoom");
  return {
    slide: fields.get("slide") ?? undefined,
    x: number("x"),
    y: number("y"),
    zoom: zoom !== undefined && zoom > 0 ? zoom : undefined,
    rotation: number("rotation"),
  };
}

/** Writes an address. */
export function formatAddress(
  { slide, x, y, zoom, rotation }: Address,
): string {
  const fields = [
    slide === undefined
      ? ""
      : `slide=${encodeURIComponent(slide.toWellFormed())}`,
    x === undefined ? "" : `x=${Math.round(x)}`,
    y === undefined ? "" : `y=${Math.round(y)}`,
    zoom === undefined ? "" : `zoom=${Number(zoom.toPrecision(4))}`,
    rotation ? `rotation=${Number(rotation.toFixed(1))}` : "",
  ];
  return `#${fields.filter((field) => field !== "").join("&")}`;
}

/**
 * Finds a slide by its name in the list; else by a longer name, as reports have it, that its path ends with.
 *
 * @returns its number, or why there is none.
 */
export function findSlide(
  slides: readonly SlideItem[],
  name: string,
): number | string {
  const exact = slides.findIndex((slide) => slide.name.toWellFormed() === name);
  if (exact >= 0) return exact;
  const found = slides.flatMap(({ path }, i) =>
    path !== undefined && endsWith(path, name) ? [i] : []
  );
  if (found.length === 1) return found[0];
  return found.length === 0
    ? `There is no slide “${name}” here.`
    : `There are ${found.length} slides “${name}” here: ${
      found.slice(0, 3).map((i) => slides[i].name).join(", ")
    }`;
}

/** Whether a path, with or without its extension, ends with these folders and this name. */
function endsWith(path: string, name: string): boolean {
  const whole = `/${path.replaceAll("\\", "/")}`.toWellFormed();
  const dot = whole.lastIndexOf(".");
  const bare = dot > whole.lastIndexOf("/") + 1 ? whole.slice(0, dot) : whole;
  return [whole, bare].some((one) => one.endsWith(`/${name}`));
}
