/// <reference lib="dom" />
import OpenSeadragon from "openseadragon";
import type { SlideItem } from "../../../src/view/view.ts";
import { element } from "../element.ts";
import type { PageContext } from "../page_context.ts";
import {
  type Address,
  findSlide,
  formatAddress,
  parseAddress,
} from "./address.ts";

/** Milliseconds between updates of the address: browsers allow some per second. */
const PAUSE = 400;

/** The slide that the address names, else the first; `problem` if there is none of that name. */
export function slideOfAddress(
  slides: readonly SlideItem[],
): { readonly number: number; readonly problem?: string } {
  const { slide } = parseAddress(location.hash);
  const found = slide === undefined ? 0 : findSlide(slides, slide);
  return typeof found === "number"
    ? { number: found }
    : { number: 0, problem: found };
}

/** Loads another slide: the page begins anew. */
export function goToSlide({ name }: SlideItem): void {
  history.pushState(null, "", formatAddress({ slide: name }));
  location.reload();
}

/** Keeps the place in the page's address, and follows an address that is pasted. */
export function addAddress(
  { viewer, view: { width }, placement, onDraw, keys, notice }: PageContext,
  { slides, number, isNamed }: {
    readonly slides: readonly SlideItem[];
    readonly number: number;
    /** Whether the address names the slide that is shown, or none. */
    readonly isNamed: boolean;
  },
): void {
  const frame = element("viewer");
  const { name } = slides[number];

  /** Moves to where an address says. */
  function go({ x, y, zoom, rotation = 0 }: Address): void {
    const { viewport } = viewer;
    viewport.setRotation(rotation, true);
    if (zoom !== undefined) {
      viewport.zoomTo(zoom * width / frame.clientWidth, undefined, true);
    }
    if (x !== undefined && y !== undefined) {
      viewport.panTo(new OpenSeadragon.Point(x / width, y / width), true);
    }
    viewport.applyConstraints(true);
  }

  function here(): Address {
    const place = placement();
    if (!place) return { slide: name };
    const [x, y] = place.toSlide(frame.clientWidth / 2, frame.clientHeight / 2);
    const degrees = place.angle * 180 / Math.PI;
    const rotation = Math.abs(degrees) < 0.05 ? 0 : degrees;
    return { slide: name, x, y, zoom: place.zoom, rotation };
  }

  let written = location.hash;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = () => {
    timer = undefined;
    // Another address was given just now, and the page is about to follow it.
    if (location.hash !== written) return;
    history.replaceState(null, "", formatAddress(here()));
    written = location.hash; // as the browser writes it
  };
  const start = parseAddress(location.hash);
  viewer.world.addOnceHandler("add-item", () =>
    // Once the viewer has shown the whole slide, as it does with the first layer.
    queueMicrotask(() => {
      if (isNamed) go(start);
      onDraw(() => timer ??= setTimeout(write, PAUSE));
    }));
  globalThis.addEventListener("hashchange", () => {
    if (location.hash === written) return;
    written = location.hash;
    const address = parseAddress(location.hash);
    const found = address.slide === undefined
      ? number
      : findSlide(slides, address.slide);
    if (found === number) {
      notice();
      return go(address);
    }
    if (typeof found === "string") return notice(found);
    written = ""; // nothing is written anymore
    location.reload();
  });

  /** Copies the address of this place; where that is not allowed, it is in the browser's bar. */
  async function copy(): Promise<void> {
    write();
    const copied = await navigator.clipboard?.writeText(location.href)
      .then(() => true, () => false);
    say(
      copied
        ? "Link copied"
        : "The browser does not let the link be copied: it is in the address bar",
    );
  }
  const say = (text: string) => {
    notice(text);
    setTimeout(() => {
      if (element("notice").textContent === text) notice();
    }, 2500);
  };
  element("copy-link").addEventListener("click", copy);
  keys.add({ keys: { y: copy }, help: "copy a link to this place" });
}
