import { cannot, reasonOf } from "../errors/cannot.ts";
import { openChannels } from "../slide/open_channels.ts";
import {
  type OpenSlideOptions,
  openSlideTelling,
} from "../slide/open_slide.ts";
import type { OpenedSlide } from "../slide/slide.ts";
import { channelLayers } from "./channel_layers.ts";
import type { LayerSource } from "./deep_zoom.ts";
import type { LayerDescription, ViewDescription } from "./description.ts";
import { withOverview } from "./overview.ts";
import { TileLayer } from "./tile_layer.ts";

/** A slide that is open for viewing: a color picture, or channels. */
export interface OpenedPicture extends AsyncDisposable {
  readonly slide: Pick<
    OpenedSlide,
    "name" | "width" | "height" | "mpp" | "associated" | "readAssociated"
  >;
  /** Its pixels in color. */
  readonly source: LayerSource;
  readonly layers: ReadonlyMap<string, TileLayer>;
  /** The layers of the page, from the bottom up. */
  readonly shown: readonly LayerDescription[];
  readonly channels?: ViewDescription["channels"];
  /** What the page says about how it is shown. */
  readonly notes?: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Opens a slide for viewing. What is no color picture, which models do not read, or only by the highest 8 bits of its samples, is
 * opened by its channels.
 *
 * @throws {Error} If it can be opened neither way; the message says why for both.
 */
export async function openPicture(
  path: string,
  options: Pick<OpenSlideOptions, "mpp" | "page" | "sampleRange" | "signal">,
): Promise<OpenedPicture> {
  let isDeep = false;
  let slide: OpenedSlide;
  try {
    slide = await openSlideTelling(path, {
      ...options,
      onContents({ levels: [{ picture }] }) {
        isDeep = picture.photometric < 2 && picture.samples < 3 &&
          picture.bits[0] > 8;
      },
    });
  } catch (error) {
    // Others are missing, damaged, or out of reach.
    const isRefused = error instanceof TypeError || error instanceof RangeError;
    if (!isRefused) throw error;
    return await openByChannels(path, options, error);
  }
  if (isDeep) {
    await slide[Symbol.asyncDispose]();
    return await openByChannels(path, options);
  }
  const source = withOverview(slide);
  const { width: slideWidth, warnings = [] } = slide;
  const layer = new TileLayer(source, { id: "slide", slideWidth });
  return {
    ...{ slide, source, warnings, shown: [layer.description] },
    layers: new Map([["slide", layer]]),
    [Symbol.asyncDispose]: () => slide[Symbol.asyncDispose](),
  };
}

async function openByChannels(
  path: string,
  { sampleRange: range, mpp, ...options }: Parameters<typeof openPicture>[1],
  refusal?: unknown,
): Promise<OpenedPicture> {
  const { signal } = options;
  const opened = await openChannels(path, options).catch((cause) => {
    signal?.throwIfAborted();
    const why = reasonOf(cause);
    const isKnown = refusal !== undefined &&
      (why === reasonOf(refusal) || why.includes("color picture"));
    if (isKnown) throw refusal;
    throw cannot(
      `open slide "${path}"`,
      refusal === undefined
        ? why
        : `${reasonOf(refusal)}; nor can it be shown by channels: ${why}`,
      { cause },
    );
  });
  const given = typeof mpp === "number" ? { x: mpp, y: mpp } : mpp;
  const slide = { ...opened, mpp: given ?? opened.mpp };
  try {
    const { channels, layers, source } = await channelLayers(slide, {
      range,
      signal,
    });
    const { warnings = [] } = slide;
    return {
      ...{ slide, source, channels, layers, warnings },
      shown: channels.map(({ layer }) => layers.get(layer)!.description),
      notes: [
        ...warnings,
        refusal === undefined
          ? "Models read its samples by the highest 8 bits, or by --sample-range."
          : `Models do not read it: ${reasonOf(refusal)}`,
      ],
      [Symbol.asyncDispose]: () => slide[Symbol.asyncDispose](),
    };
  } catch (error) {
    await slide[Symbol.asyncDispose]();
    throw error;
  }
}
