import type { OpenedChannels, SlideChannel } from "../slide/open_channels.ts";
import type { LayerSource } from "./deep_zoom.ts";
import type { ChannelDescription, LayerId } from "./description.ts";
import { TileLayer } from "./tile_layer.ts";

/** Colors of channels without one, after Okabe and Ito: color-blind people tell them apart. */
const COLORS = [
  ...["#56b4e9", "#e69f00", "#009e73", "#f0e442"],
  ...["#cc79a7", "#d55e00", "#0072b2", "#ffffff"],
];

/** Shares of the samples of an overview that are darker than black and than white. */
const [BLACK, WHITE] = [0.005, 0.998];

/** How much farther than the window tiles reach, so that it can be widened on the page. */
const ROOM = 2;

/** An overview is a level of at most this many pixels, or a grid of so many squares of so many pixels a side. */
const OVERVIEW = 2 ** 21;
const GRID = 6;
const SQUARE = 192;

/** The channels of a slide as layers, and what the page says of them. */
export interface ChannelLayers {
  readonly channels: readonly ChannelDescription[];
  readonly layers: ReadonlyMap<string, TileLayer>;
  /** All channels in their colors, added together. */
  readonly source: LayerSource;
}

/**
 * Makes each channel a layer of gray tiles.
 *
 * @param options.range The sample values of black and white, if the caller gives them.
 */
export async function channelLayers(
  opened: OpenedChannels,
  { range: given, signal }: {
    readonly range?: readonly [min: number, max: number];
    readonly signal?: AbortSignal;
  } = {},
): Promise<ChannelLayers> {
  const { channels: all, width, height, levels } = opened;
  const colors = colorsOf(all);
  const channels: ChannelDescription[] = [];
  const layers = new Map<string, TileLayer>();
  const shown: Shown[] = [];
  for (const [i, channel] of all.entries()) {
    const id: LayerId = `channel-${i}`;
    const window = await windowOf(channel, { opened, given, signal });
    const { range, shown: [low, high], source } = window;
    channels.push({
      ...{ layer: id, range, source, color: colors[i] },
      name: channel.name ?? (all.length > 1 ? `Channel ${i + 1}` : "Gray"),
      window: channel.inverted ? [high, low] : [low, high],
    });
    const layerSource: LayerSource = {
      ...{ width, height, levels },
      readRegion: async (region, options) =>
        toGray(await channel.readValues(region, options), range),
    };
    layers.set(id, new TileLayer(layerSource, { id, slideWidth: width }));
    shown.push({ channel, color: colors[i], window: channels[i].window });
  }
  const source: LayerSource = {
    ...{ width, height, levels },
    readRegion: (region, options) => readColors(shown, region, options),
  };
  return { channels, layers, source };
}

/** The file's colors, where they tell channels apart, else others. */
function colorsOf(channels: readonly SlideChannel[]): string[] {
  const isTold = (color: string | undefined): color is string =>
    color !== undefined && color !== "000000" &&
    channels.filter((other) => other.color === color).length === 1;
  if (channels.length === 1) {
    const [{ color }] = channels;
    return [isTold(color) ? `#${color}` : "#ffffff"];
  }
  const rest = COLORS.values();
  return channels.map(({ color }, i) =>
    isTold(color) ? `#${color}` : rest.next().value ?? COLORS[i % COLORS.length]
  );
}

interface Window {
  /** The values of the first and the last byte of tiles. */
  readonly range: readonly [min: number, max: number];
  /** The values that are black and white at first. */
  readonly shown: readonly [low: number, high: number];
  readonly source: string;
}

async function windowOf(
  channel: SlideChannel,
  { opened, given, signal }: {
    readonly opened: OpenedChannels;
    readonly given?: readonly [min: number, max: number];
    readonly signal?: AbortSignal;
  },
): Promise<Window> {
  if (given) return { range: given, shown: given, source: "as given" };
  const values = (await readOverview(channel, opened, signal))
    .filter(Number.isFinite).sort();
  const at = (share: number) =>
    values[Math.round(share * (values.length - 1))] ?? 0;
  const declared = channel.window;
  let [low, high] = declared
    ? [declared.min, declared.max]
    : [at(BLACK), at(WHITE)];
  if (!(high > low)) high = low + 1;
  if (channel.bits === 8 && low >= 0 && high <= 255) {
    return { ...sourceOf(declared), range: [0, 255], shown: [low, high] };
  }
  const room = (high - low) * ROOM;
  const range = [
    Math.min(low, Math.max(at(0), high - room)),
    Math.max(high, Math.min(at(1), low + room)),
  ] as const;
  return { ...sourceOf(declared), range, shown: [low, high] };
}

function sourceOf(declared: SlideChannel["window"]): { source: string } {
  const percent = (share: number) => `${Number((share * 100).toFixed(1))} %`;
  return {
    source: declared
      ? `as the file says (${declared.source})`
      : `values that ${percent(BLACK)} and ${
        percent(WHITE)
      } of an overview are below`,
  };
}

/** Values from all over a channel. */
async function readOverview(
  channel: SlideChannel,
  { levels }: OpenedChannels,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const level = levels.length - 1;
  const { width, height } = levels[level];
  if (width * height <= OVERVIEW) {
    return await channel.readValues({ x: 0, y: 0, width, height }, {
      level,
      signal,
    });
  }
  const [across, down] = [Math.min(SQUARE, width), Math.min(SQUARE, height)];
  const out = new Float32Array(GRID * GRID * across * down);
  for (let i = 0; i < GRID * GRID; i++) {
    const [column, row] = [i % GRID, Math.floor(i / GRID)];
    const region = {
      x: Math.round((width - across) * column / (GRID - 1)),
      y: Math.round((height - down) * row / (GRID - 1)),
      ...{ width: across, height: down },
    };
    out.set(
      await channel.readValues(region, { level, signal }),
      i * across * down,
    );
  }
  return out;
}

/** Values as gray bytes, three a pixel. */
function toGray(
  values: Float32Array,
  [min, max]: readonly [number, number],
): Uint8Array {
  const out = new Uint8ClampedArray(values.length * 3);
  const scale = 255 / (max - min);
  for (let i = 0, to = 0; i < values.length; i++, to += 3) {
    out[to] = out[to + 1] = out[to + 2] = (values[i] - min) * scale;
  }
  return new Uint8Array(out.buffer);
}

interface Shown {
  readonly channel: SlideChannel;
  readonly color: string;
  readonly window: readonly [black: number, white: number];
}

/** All channels in their colors, added together. */
async function readColors(
  shown: readonly Shown[],
  ...where: Parameters<SlideChannel["readValues"]>
): Promise<Uint8Array> {
  const [{ width, height }] = where;
  const out = new Uint8ClampedArray(width * height * 3);
  for (const { channel, color, window: [black, white] } of shown) {
    const rgb = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
    const values = await channel.readValues(...where);
    for (let i = 0, to = 0; i < values.length; i++) {
      const share = (values[i] - black) / (white - black);
      const part = Math.min(1, Math.max(0, share));
      for (let c = 0; c < 3; c++) out[to++] += rgb[c] * part;
    }
  }
  return new Uint8Array(out.buffer);
}
