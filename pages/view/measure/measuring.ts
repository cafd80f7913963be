/// <reference lib="dom" />
import { element } from "../element.ts";
import type { PageContext } from "../page_context.ts";
import type { Placement } from "../placement.ts";
import { drawMeasurement, MeasureCanvas } from "./measure_canvas.ts";
import { inWords, type Measurement, type Point } from "./measurement.ts";

type Kind = Measurement["kind"];

const BUTTONS: Record<Kind, string> = {
  distance: "measure-distance",
  area: "measure-area",
};
const HELP: Record<Kind, string> = {
  distance: "Click two points.",
  area: "Click the corners; a double click or Enter ends it.",
};
/** Pixels of the screen within which a click is on a corner. */
const NEAR = 9;

/** Adds measuring: distances and areas are shown on the slide until they are cleared. */
export function addMeasuring(
  { viewer, view: { name, mpp }, placement, onDraw, keys }: PageContext,
): void {
  const kept = `measurements of ${name}`;
  const canvas = new MeasureCanvas(viewer.canvas as HTMLElement);
  const frame = element("viewer");
  // Until they are cleared, though the page begins anew with each slide.
  let done: Measurement[] = JSON.parse(sessionStorage.getItem(kept) ?? "[]");
  let kind: Kind | undefined;
  let points: Point[] = [];
  /** Where the pointer is, in pixels of the viewer; without one, points are set in the center. */
  let pointer: Point | undefined;

  function draw(place: Placement): void {
    const next = kind && points.length > 0
      ? [{ kind, points: [...points, place.toSlide(...spot())] }]
      : [];
    canvas.draw((pen) => {
      for (const one of [...done, ...next]) {
        const isOpen = !done.includes(one);
        const text = isOpen && one.kind === "area" ? "" : inWords(one, mpp);
        drawMeasurement(pen, place, { ...one, text, isOpen });
      }
      if (kind && !pointer) pen.cross(spot());
    });
  }

  function spot(): Point {
    return pointer ?? [frame.clientWidth / 2, frame.clientHeight / 2];
  }

  function keep(measurements: Measurement[]): void {
    done = measurements;
    sessionStorage.setItem(kept, JSON.stringify(done));
  }

  function refresh(): void {
    const place = placement();
    if (place) draw(place);
    element("measuring").hidden = !kind && done.length === 0;
    element("measure-help").textContent = kind ? HELP[kind] : "";
    element("measure-clear").hidden = done.length === 0;
    element("measured").replaceChildren(...done.map((one) => {
      const line = document.createElement("li");
      line.textContent = inWords(one, mpp);
      return line;
    }));
    for (const [one, id] of Object.entries(BUTTONS)) {
      element(id).setAttribute("aria-pressed", String(one === kind));
    }
    frame.classList.toggle("measuring", kind !== undefined);
  }

  /** Begins to measure, or ends if that is what goes on. */
  function take(next: Kind | undefined): void {
    kind = next === kind ? undefined : next;
    points = [];
    // Other tools of the page have the pointer no longer.
    if (kind) frame.dispatchEvent(new CustomEvent("takepointer", TAKEN));
    refresh();
  }

  function add(point: Point): void {
    points.push(point);
    if (kind === "distance" && points.length === 2) return finish();
    refresh();
  }

  function finish(): void {
    if (kind && points.length >= (kind === "area" ? 3 : 2)) {
      keep([...done, { kind, points }]);
      points = [];
    }
    refresh();
  }

  const click = ({ x, y }: { readonly x: number; readonly y: number }) => {
    const place = placement();
    if (!place) return;
    const [first] = points;
    const isAt = (point: Point | undefined) =>
      point !== undefined &&
      distanceOf(place.toScreen(...point), [x, y]) < NEAR;
    if (kind === "area" && points.length >= 3 && isAt(first)) finish();
    else if (!isAt(points.at(-1))) add(place.toSlide(x, y));
  };
  viewer.addHandler(
    "canvas-click",
    (event) => {
      if (!kind) return;
      event.stopPropagation = true;
      event.preventDefaultAction = true;
      if (event.quick) click(event.position);
    },
    undefined,
    1,
  );
  viewer.addHandler("canvas-double-click", (event) => {
    if (!kind) return;
    event.preventDefaultAction = true;
    if (kind === "area") finish();
  });
  frame.addEventListener("takepointer", (event) => {
    if (kind && (event as CustomEvent).detail !== TAKEN.detail) take(undefined);
  });
  frame.addEventListener("pointermove", ({ clientX, clientY }) => {
    const { left, top } = frame.getBoundingClientRect();
    pointer = [clientX - left, clientY - top];
    const place = kind && placement();
    if (place) draw(place);
  });
  frame.addEventListener("pointerleave", () => {
    pointer = undefined;
    const place = kind && placement();
    if (place) draw(place);
  });
  onDraw(draw);

  // Before the keys of other parts, which mean something else while nothing is measured.
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    const own: Record<string, () => void> = {
      Enter: finish,
      Backspace: () => void points.pop(),
      Escape: () => points.length > 0 ? points = [] : take(undefined),
      " ": () => click({ x: spot()[0], y: spot()[1] }),
    };
    const isTaken = document.querySelector("dialog[open]") !== null ||
      (target as Element).matches(
        "input, select, textarea, button, a, [role=listbox]",
      );
    if (!kind || !Object.hasOwn(own, key) || isTaken && key !== "Escape") {
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    own[key]();
    refresh();
  }, { capture: true });

  for (const one of ["distance", "area"] as const) {
    element(BUTTONS[one]).addEventListener("click", () => take(one));
  }
  element("measure-clear").addEventListener("click", () => {
    keep([]);
    refresh();
  });
  keys.add({
    keys: { l: () => take("distance"), L: () => take("area") },
    help: "measure a distance, an area (Space sets a point, Esc ends)",
  });
  refresh();
}

const TAKEN = { detail: "measure" };

function distanceOf([ax, ay]: Point, [bx, by]: Point): number {
  return Math.hypot(ax - bx, ay - by);
}
