/// <reference lib="dom" />
import { formatCount } from "../../../src/report/markup.ts";
import type { LevelCount } from "../../../src/view/description.ts";
import { formatArea, formatThreshold } from "../../shared/format.ts";
import { maskColors } from "../color_table.ts";
import { element } from "../element.ts";
import type { PageContext } from "../page_context.ts";
import { LevelServer } from "./level_server.ts";

/** Milliseconds that the threshold rests before all of the slide is counted. */
const REST = 150;

/** Milliseconds that a message is shown. */
const NOTICE = 12_000;

/** Lets objects follow the threshold: what is in sight at once, all of the slide when it rests. */
export function addLevels(context: PageContext): void {
  const { view, controls, store } = context;
  const slider = controls.probability;
  if (!slider) return;
  const { levels } = view;
  if (!levels) {
    // A run goes on: the maps are not complete.
    slider.onCut((threshold) => {
      const own = view.threshold ?? 0.5;
      tell(
        threshold === own
          ? ""
          : `Outlines, list and mask are those at ${formatThreshold(own)}.`,
      );
    });
    return;
  }
  // Without objects of its own, the slide has those at any threshold.
  const traced = store.size === 0 && !view.editable;
  const level = new Level(context, { traced });
  let isFirst = true;
  slider.onCut((threshold) => {
    const isOwn = !traced &&
      (threshold === view.threshold ||
        isFirst && threshold === (view.threshold ?? 0.5));
    if (isOwn) return level.leave();
    isFirst = false;
    level.show(threshold);
  });
  element("level-back").addEventListener("click", () => {
    isFirst = true;
    slider.set(view.threshold ?? 0.5);
  });
  element("level-keep").addEventListener("click", () => level.keep());
  if (traced) level.show(view.threshold ?? 0.5);
}

/** The objects at another threshold than the run's. */
class Level {
  readonly #context: PageContext;
  readonly #server: LevelServer;
  readonly #traced: boolean;
  /** The threshold. Default: the run's own objects are shown. */
  #threshold: number | undefined;
  /** Stops what all of the slide is asked for. */
  #stop = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether all of the slide's objects are shown. */
  #isWhole = false;
  /** Whether what is in sight is being traced, and is to be traced again. */
  #tracing = false;
  #again = false;
  /** The numbers of all of the slide, in words. */
  #all = "";

  constructor(
    context: PageContext,
    { traced }: {
      /** Whether the slide has no other objects. */
      readonly traced: boolean;
    },
  ) {
    this.#context = context;
    this.#traced = traced;
    this.#server = new LevelServer(context.base);
    context.viewer.addHandler("animation-finish", () => this.#trace());
    context.viewer.addHandler("resize", () => this.#trace());
  }

  /** Shows the objects at a threshold. */
  show(threshold: number): void {
    if (threshold === this.#threshold) return;
    this.#begin(threshold);
    this.#all = "counting all…";
    element("objects").classList.add("level", "in-sight");
    element("level-back").hidden = this.#traced;
    element("level-keep").hidden = !this.#context.view.levels!.keeps;
    this.#trace();
    const { signal } = this.#stop;
    this.#timer = setTimeout(() => this.#showAll(threshold, signal), REST);
  }

  /** Shows the run's own objects again. */
  leave(): void {
    if (this.#threshold === undefined) return;
    this.#begin(undefined);
    element("objects").classList.remove("level", "in-sight");
    element("level-back").hidden = true;
    element("level-keep").hidden = true;
    this.#replace(undefined);
    this.#context.layers.get("mask")?.showOther();
    tell("");
  }

  /** Writes the objects as results. */
  async keep(): Promise<void> {
    const { notice } = this.#context;
    const button = element<HTMLButtonElement>("level-keep");
    button.disabled = true;
    try {
      const { folder, files } = await this.#server.keep(this.#threshold!);
      notice(`Kept in ${folder}: ${files.join(", ")}`);
    } catch (error) {
      notice((error as Error).message);
    }
    button.disabled = false;
    setTimeout(() => notice(), NOTICE);
  }

  #begin(threshold: number | undefined): void {
    this.#threshold = threshold;
    this.#isWhole = false;
    clearTimeout(this.#timer);
    this.#stop.abort();
    this.#stop = new AbortController();
  }

  /** Traces what is in sight; while that goes on, only the last request counts. */
  async #trace(): Promise<void> {
    if (this.#threshold === undefined || this.#isWhole) return;
    if (this.#tracing) {
      this.#again = true;
      return;
    }
    this.#tracing = true;
    do {
      this.#again = false;
      await this.#traceOnce(this.#threshold).catch((error) =>
        this.#fail(error)
      );
    } while (this.#again && this.#threshold !== undefined && !this.#isWhole);
    this.#tracing = false;
  }

  async #traceOnce(threshold: number): Promise<void> {
    const { placement, viewer } = this.#context;
    const place = placement();
    if (!place) return;
    const start = performance.now();
    const { clientWidth, clientHeight } = viewer.element;
    const seen = place.inSight(clientWidth, clientHeight);
    // With room around, so that small movements show no end.
    const [x, y] = [
      (seen.right - seen.left) / 16,
      (seen.bottom - seen.top) / 16,
    ];
    const { objects, scale, tooMany } = await this.#server.contours(threshold, {
      zoom: place.zoom * devicePixelRatio,
      ...{ left: seen.left - x, right: seen.right + x },
      ...{ top: seen.top - y, bottom: seen.bottom + y },
    });
    if (this.#threshold === undefined || this.#isWhole) return;
    this.#replace(objects);
    const inSight = this.#context.store.within(seen);
    const area = inSight.reduce((sum, object) => sum + object.area, 0);
    const isExact = scale <= this.#context.view.levels!.scale;
    const sum = this.#areaOf(area);
    tell(
      tooMany
        ? `Zoom in to see outlines at ${
          formatThreshold(threshold)
        }; ${this.#all}`
        : `${formatCount(inSight.length)} in sight${
          isExact ? "" : " at this zoom"
        }, about ${sum}; ${this.#all}`,
    );
    performance.measure("contours", { start });
  }

  /** Counts all, and shows them if a page can. */
  async #showAll(threshold: number, signal: AbortSignal): Promise<void> {
    const { layers, view } = this.#context;
    const { mask } = view.levels!;
    layers.get("mask")?.showOther({
      description: mask,
      colors: mask.colored ? undefined : maskColors(),
      address: (...place) => this.#server.maskTile(threshold, ...place),
    });
    try {
      for await (const line of this.#server.count(threshold, signal)) {
        if ("share" in line) {
          this.#say(`counting all… ${Math.floor(line.share * 100)} %`);
          continue;
        }
        const { all, listed } = line;
        if (!listed) {
          this.#say(`${this.#totals(all)}, too many to list`);
          return;
        }
        const objects = await this.#server.objects(threshold, signal);
        this.#isWhole = true;
        this.#replace(objects);
        element("objects").classList.remove("in-sight");
        tell(
          `At threshold ${formatThreshold(threshold)}: ${this.#totals(all)}`,
        );
      }
    } catch (error) {
      if (!signal.aborted) this.#fail(error as Error);
    }
  }

  #totals({ count, area }: LevelCount): string {
    return `${formatCount(count)} in all, ${this.#areaOf(area)}`;
  }

  #areaOf(area: number): string {
    return formatArea(area, this.#context.view.mpp);
  }

  /** Changes what is said of all of the slide. */
  #say(text: string): void {
    const { textContent } = element("level");
    element("level").textContent = (textContent ?? "")
      .replace(this.#all, text);
    this.#all = text;
  }

  #replace(objects: Parameters<PageContext["store"]["showOthers"]>[0]): void {
    const { store, selection } = this.#context;
    selection.set([]);
    store.showOthers(objects);
  }

  #fail(error: Error): void {
    this.#say(`not counted: ${error.message}`);
  }
}

function tell(text: string): void {
  element("level").textContent = text;
  element("level").hidden = text === "";
}
