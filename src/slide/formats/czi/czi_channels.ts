import { cannot } from "../../../errors/cannot.ts";
import { checkPage } from "../../check_page.ts";
import type { ChannelContents } from "../format.ts";
import type { XmlElement } from "../../xml.ts";
import { parseNumber } from "../layout.ts";
import type { SubBlocks } from "./sub_blocks.ts";

/** What the XML says of a channel. */
export interface CziChannel {
  readonly name?: string;
  readonly color?: string;
  /** The shares of the full range that are shown as black and white. */
  readonly low?: number;
  readonly high?: number;
}

/** A channel's sub-blocks, those of its first plane alone. */
export interface ChannelBlocks {
  readonly channel: number;
  readonly blocks: SubBlocks;
  /** Their numbers among all of the file. */
  readonly numbers: ReadonlySet<number>;
}

/** Sorts sub-blocks by channel, and keeps the first plane of each stack. */
export function splitChannels(blocks: SubBlocks): {
  readonly channels: readonly ChannelBlocks[];
  readonly isStack: boolean;
} {
  const all = [...new Set(blocks.channel)].sort((a, b) => a - b);
  const first = blocks.plane.reduce((a, b) => Math.min(a, b), Infinity);
  return {
    isStack: blocks.plane.some((plane) => plane !== first),
    channels: all.map((channel) => {
      const numbers = new Set<number>();
      for (let block = 0; block < blocks.count; block++) {
        const isWanted = blocks.channel[block] === channel &&
          blocks.plane[block] === first;
        if (isWanted) numbers.add(block);
      }
      return { channel, numbers, blocks: pick(blocks, numbers) };
    }).filter(({ numbers }) => numbers.size > 0),
  };
}

function pick(
  blocks: SubBlocks,
  numbers: ReadonlySet<number>,
): SubBlocks {
  const keep = (_: number, block: number) => numbers.has(block);
  const position = blocks.position.filter(keep);
  return {
    ...{ count: position.length, position, pixelType: blocks.pixelType },
    x: blocks.x.filter(keep),
    y: blocks.y.filter(keep),
    width: blocks.width.filter(keep),
    height: blocks.height.filter(keep),
    downsample: blocks.downsample.filter(keep),
    scene: blocks.scene.filter(keep),
    channel: blocks.channel.filter(keep),
    plane: blocks.plane.filter(keep),
    order: blocks.order.filter(keep),
    compression: blocks.compression.filter(keep),
    entryBytes: blocks.entryBytes.filter(keep),
  };
}

/**
 * Reads what the XML says of channels: their names, colors and windows.
 *
 * Source: ZEN's description of CZI metadata, DisplaySetting and Dimensions.
 */
export function readCziChannels(root: XmlElement): CziChannel[] {
  const at = (element: XmlElement | undefined, ...path: string[]) =>
    path.reduce(
      (found, name) => found?.children.find((each) => each.name === name),
      element,
    );
  const metadata = at(root, "Metadata");
  const shown = at(metadata, "DisplaySetting", "Channels")?.children ?? [];
  const described =
    at(metadata, "Information", "Image", "Dimensions", "Channels")?.children ??
      [];
  const count = Math.max(shown.length, described.length);
  return Array.from({ length: count }, (_, i) => {
    const [text, number] = [
      (name: string) => at(shown[i], name)?.text.trim(),
      (name: string) => parseNumber(at(shown[i], name)?.text),
    ];
    const color = (text("Color") ?? at(described[i], "Color")?.text.trim())
      ?.match(/^#(?:[0-9a-f]{2})?([0-9a-f]{6})$/i)?.[1].toLowerCase();
    const name = described[i]?.attributes.Name ?? shown[i]?.attributes.Name ??
      text("ShortName");
    return { name, color, low: number("Low"), high: number("High") };
  });
}

/** Checks that channels are gray, and of one size. */
export function checkChannels(
  { channels }: Pick<ChannelContents, "channels">,
): void {
  for (const { levels } of channels) {
    if (levels[0].picture.samples > 1) {
      throw cannot("find channels", "its channels are color pictures", {
        kind: TypeError,
      });
    }
    levels.forEach(({ picture }) => checkPage(picture, { sample: 0 }));
  }
}
