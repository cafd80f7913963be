/// <reference lib="dom" />
import type {
  ChannelDescription,
  LayerId,
} from "../../src/view/description.ts";
import { element } from "./element.ts";
import { oncePerFrame } from "./frames.ts";
import { channelColors } from "./image_tables.ts";
import { MapLayer } from "./map_layer.ts";
import type { PageContext } from "./page_context.ts";
import { addCheck, addRange } from "./range_input.ts";

/** Steps of a slider between the lowest and the highest value. */
const STEPS = 500;

/** Adds the channels of a slide that is no color picture: each has a color and a window. Returns what resets them. */
export function addChannels(context: PageContext): () => void {
  const { view: { channels = [], notes = [] } } = context;
  document.body.classList.add("on-black");
  const resets = channels.map((channel) => addChannel(context, channel));
  const sources = new Set(channels.map(({ source }) => source));
  const texts = [
    ...[...sources].map((source) => `Black and white: ${source}.`),
    ...notes.map((note) => `${note[0].toUpperCase()}${note.slice(1)}`),
  ];
  for (const text of texts) {
    const note = document.createElement("p");
    note.textContent = text;
    element("image-controls").append(note);
  }
  return () => resets.forEach((reset) => reset());
}

/** Loads the channels, below all other layers. */
export async function loadChannels(
  { view, base, viewer, ...context }: PageContext,
): Promise<void> {
  const layers = context.layers as Map<LayerId, MapLayer>;
  for (const { layer: id, ...channel } of view.channels ?? []) {
    const description = view.layers.find((layer) => layer.id === id)!;
    const layer = new MapLayer(viewer, description, {
      base,
      slideWidth: view.width,
      colors: colorsOf(channel, channel.color, channel.window),
      lighter: true,
    });
    layers.set(id, layer);
    await layer.load();
  }
}

/** The colors of a channel's bytes, of which the first and the last are its range. */
function colorsOf(
  { range }: Pick<ChannelDescription, "range">,
  color: string,
  window: readonly [black: number, white: number],
  gamma = 1,
): Uint8Array {
  const [black, white] = window.map((value) =>
    (value - range[0]) / (range[1] - range[0]) * 255
  );
  return channelColors({ color, black, white, gamma });
}

function addChannel(
  { layers }: PageContext,
  { layer: id, name, range, window, ...given }: ChannelDescription,
): () => void {
  const group = document.createElement("div");
  group.className = "channel";
  element("image-controls").append(group);
  const start = {
    color: given.color,
    black: window[0],
    white: window[1],
    gamma: 1,
  };
  let now = start;
  const apply = oncePerFrame(() => {
    const { color, black, white, gamma } = now;
    layers.get(id)?.recolor(colorsOf({ range }, color, [black, white], gamma));
  });
  const change = (changes: Partial<typeof now>) => {
    now = { ...now, ...changes };
    apply();
  };
  const color = document.createElement("input");
  color.type = "color";
  color.value = start.color;
  color.setAttribute("aria-label", `${name}: color`);
  color.addEventListener("input", () => change({ color: color.value }));
  const setShown = addCheck(group, {
    ...{ label: name, checked: true, swatch: color },
    changed: (checked) => layers.get(id)?.show(checked, 1),
  });
  const step = stepOf(range[1] - range[0]);
  const show = (value: number) => formatSample(value, step);
  const limits = { of: name, min: range[0], max: range[1], step, show };
  const setBlack = addRange(group, {
    ...{ ...limits, label: "black", value: start.black },
    changed: (black) => change({ black }),
  });
  const setWhite = addRange(group, {
    ...{ ...limits, label: "white", value: start.white },
    changed: (white) => change({ white }),
  });
  const setGamma = addRange(group, {
    ...{ label: "gamma", of: name, min: 0.2, max: 3, step: 0.05, value: 1 },
    show: (value) => value.toFixed(2),
    changed: (gamma) => change({ gamma }),
  });
  return () => {
    now = start;
    color.value = start.color;
    setShown(true);
    layers.get(id)?.show(true, 1);
    setBlack(start.black);
    setWhite(start.white);
    setGamma(1);
    apply();
  };
}

/** A step of a slider: whole numbers, unless the range is small. */
function stepOf(span: number): number {
  const step = span / STEPS;
  return span < 50 ? step : Math.max(1, Math.round(step));
}

/** A sample value in words, as exact as a step of its slider. */
export function formatSample(value: number, step: number): string {
  if (step >= 1 || Number.isInteger(value)) return String(Math.round(value));
  return value.toPrecision(3);
}
