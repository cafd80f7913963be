import { cannot } from "../../errors/cannot.ts";
import { countColors } from "../check_page.ts";
import { propertiesOf } from "../properties.ts";
import type { TiffPage } from "../tiff/tiff_page.ts";
import { descendant, parseXml } from "../xml.ts";
import { findLevels } from "./find_levels.ts";
import { nameOf } from "../encoding.ts";
import {
  type ChannelLayout,
  parseNumber,
  resolutionScale,
  type TiffFile,
  type TiffKind,
  type TiffLayout,
} from "./layout.ts";
import { layOutChannels } from "./tiff_channels.ts";
import { refuseStack } from "./unread.ts";

/**
 * PerkinElmer's and Akoya's QPTIFF: each page's XML declares its type. A brightfield slide has one page a level; a
 * fluorescence one a page for each band, which is refused.
 *
 * Source: PerkinElmer's QPTIFF notes (ImageType, Biomarker, Objective).
 */
export const QPTIFF: TiffKind = {
  name: "QPTIFF (PerkinElmer, Akoya)",
  detect: ({ pages }) =>
    (pages[0]?.software.startsWith("PerkinElmer-QPI") ?? false) ||
    (pages[0]?.description.includes("<PerkinElmer-QPI-ImageDescription") ??
      false),
  layout({ pages }: TiffFile): TiffLayout {
    const types = new Map(pages.map((page) => [page, read(page)]));
    const ofType = (type: string) =>
      pages.filter((page) => types.get(page)?.type === type);
    const full = ofType("FullResolution");
    const [main] = full;
    if (!main) {
      throw cannot(
        "find the slide",
        "none of its pages is declared as full resolution",
        { kind: TypeError },
      );
    }
    const bands = full.filter((page) => countColors(page) === 1);
    if (bands.length > 0) {
      const names = bands.map((page, i) =>
        types.get(page)?.band || `band ${i + 1}`
      );
      throw refuseStack(
        `fluorescence, ${bands.length} band${bands.length === 1 ? "" : "s"} (${
          names.join(", ").slice(0, 100)
        })`,
        full,
      );
    }
    if (full.length > 1) {
      throw refuseStack(`${full.length} pictures of full resolution`, full);
    }
    const { levels, ignored } = findLevels(
      [main],
      ofType("ReducedResolution").map((page) => [page]),
    );
    const associated = pages.flatMap((page) => {
      const name = NAMES[types.get(page)?.type ?? ""];
      return name ? [{ name, page }] : [];
    });
    for (const page of pages) {
      const type = types.get(page)?.type ?? "";
      if (
        type === "FullResolution" || type === "ReducedResolution" ||
        type in NAMES
      ) continue;
      ignored.push({ what: nameOf(page), why: `its type is "${type}"` });
    }
    const power = parseNumber(types.get(main)?.objective);
    return {
      levels,
      ignored,
      associated,
      properties: propertiesOf("perkinelmer", types.get(main)?.fields ?? []),
      mpp: resolutionScale(main),
      objectivePower: power && power > 0 && power < 1000
        ? { value: power, source: "Objective in the XML" }
        : undefined,
    };
  },
  channels({ pages }: TiffFile): ChannelLayout {
    const types = new Map(pages.map((page) => [page, read(page)]));
    const ofType = (type: string) =>
      pages.filter((page) => types.get(page)?.type === type);
    const planes = ofType("FullResolution");
    if (planes.length === 0) {
      throw cannot(
        "find channels",
        "none of its pages is declared as full resolution",
        { kind: TypeError },
      );
    }
    return layOutChannels(planes, {
      reduced: ofType("ReducedResolution"),
      mpp: resolutionScale(planes[0]),
      associated: pages.flatMap((page) => {
        const name = NAMES[types.get(page)?.type ?? ""];
        return name ? [{ name, page }] : [];
      }),
      channels: planes.map((page) => {
        const { band, color } = types.get(page)!;
        return { name: band || undefined, color: hexOf(color) };
      }),
    });
  },
};

/** A color as QPTIFF writes it: `0,0,255`. */
function hexOf(text: string | undefined): string | undefined {
  const parts = text?.split(",").map(Number) ?? [];
  const isColor = parts.length === 3 &&
    parts.every((part) => Number.isInteger(part) && part >= 0 && part < 256);
  return isColor ? Uint8Array.from(parts).toHex() : undefined;
}

const NAMES: { readonly [type: string]: string } = {
  Thumbnail: "thumbnail",
  Overview: "macro",
  Label: "label",
};

function read({ description }: TiffPage) {
  if (!description.includes("<")) return undefined;
  const root = parseXml(description);
  const text = (name: string) => descendant(root, name)?.text.trim();
  return {
    type: root.children.find(({ name }) => name === "ImageType")?.text.trim() ??
      "",
    band: text("Biomarker") ?? text("Name"),
    objective: text("Objective"),
    color: text("Color"),
    fields: root.children.filter(({ children }) => children.length === 0)
      .map(({ name, text }) => [name, text] as const),
  };
}
