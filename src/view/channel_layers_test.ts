import type { OpenedChannels, SlideChannel } from "../slide/open_channels.ts";
import type { Region } from "../slide/slide.ts";
import { channelLayers } from "./channel_layers.ts";
import { assert, assertEquals } from "@std/assert";
import { decode } from "fast-png";

const [width, height] = [64, 40];

/** Channels whose values are the pixels' columns, times a factor. */
function slide(
  ...channels: (Partial<SlideChannel> & { readonly factor: number })[]
): OpenedChannels {
  return {
    ...{ name: "s", width, height, associated: [] },
    levels: [{ width, height, downsample: 1 }],
    readAssociated: () => Promise.reject(new RangeError("none")),
    channels: channels.map(({ factor, ...more }) => ({
      bits: 16,
      readValues: ({ x, width, height }: Region) =>
        Promise.resolve(
          Float32Array.from(
            { length: width * height },
            (_, i) => (x + i % width) * factor,
          ),
        ),
      ...more,
    })),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

Deno.test("channelLayers() takes the file's window and color, else percentiles and colors that are told apart", async () => {
  const window = { min: 100, max: 300, source: "omero" };
  const { channels } = await channelLayers(slide(
    { factor: 10, window, color: "ff0000", name: "CD3" },
    { factor: 10, color: "ffffff" },
    { factor: 1, color: "ffffff", bits: 8, inverted: true },
  ));
  const [first, second, third] = channels;
  assertEquals([first.name, first.color], ["CD3", "#ff0000"]);
  assertEquals([first.window, first.source], [
    [100, 300],
    "as the file says (omero)",
  ]);
  // Tiles reach twice as far as the window, and no farther than values.
  assertEquals(first.range, [0, 500]);
  assertEquals(second.window, [0, 630]);
  assert(second.source.includes("overview"));
  // Two channels of one color would look alike.
  assertEquals([second.color, third.color], ["#56b4e9", "#e69f00"]);
  assertEquals([third.range, third.window], [[0, 255], [63, 0]]);
  const given = await channelLayers(slide({ factor: 10 }), { range: [5, 9] });
  assertEquals(given.channels[0].window, [5, 9]);
  assertEquals(given.channels[0].color, "#ffffff");
});

Deno.test("channelLayers() serves gray tiles through the range, and all channels together in their colors", async () => {
  const window = { min: 0, max: 63, source: "omero" };
  const { layers, channels, source } = await channelLayers(slide(
    { factor: 1, color: "ff0000", window },
    { factor: 63, color: "0000ff", window },
  ));
  assertEquals(channels[0].range, [0, 63]);
  const tile = async (id: string) => {
    const layer = layers.get(id)!;
    const place = { column: 0, row: 0 };
    return decode(await layer.tile(layer.description.maxZoom, place));
  };
  const gray = await tile("channel-0");
  assertEquals([gray.width, gray.height, gray.channels], [64, 40, 1]);
  assertEquals([gray.data[0], gray.data[21], gray.data[63]], [0, 85, 255]);
  const region = { x: 0, y: 0, width: 2, height: 1 };
  assertEquals([...await source.readRegion(region)], [0, 0, 0, 4, 0, 255]);
});

Deno.test("channelLayers() finds a window where all values are one", async () => {
  const { channels: [channel] } = await channelLayers(slide({ factor: 0 }));
  assertEquals(channel.window, [0, 1]);
  assert(channel.range[1] > channel.range[0]);
});
