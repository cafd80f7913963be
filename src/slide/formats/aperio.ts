import { propertiesOf } from "../properties.ts";
import type { TiffPage } from "../tiff/tiff_page.ts";
import { findLevels } from "./find_levels.ts";
import { nameOf } from "../encoding.ts";
import {
  type AssociatedPage,
  isPlausible,
  parseNumber,
  type TiffKind,
  type TiffLayout,
} from "./layout.ts";
import { refuseStack } from "./unread.ts";

/**
 * Aperio's SVS. The slide is the first tiled page, its levels are the other tiled ones; the second page is a thumbnail,
 * label and macro are named in the second line of their description.
 *
 * Source: Aperio's published notes on SVS ("Digital Slides and Third-Party Data Interchange"), `|MPP = 0.4990|AppMag = 20`.
 */
export const APERIO: TiffKind = {
  name: "Aperio SVS",
  detect: ({ pages }) => pages[0]?.description.startsWith("Aperio") ?? false,
  layout({ pages }): TiffLayout {
    const tiled = pages.filter((page) => page.tiled && !roleOf(page));
    const [main = pages[0], ...rest] = tiled;
    const same = tiled.filter((page) =>
      page.width === main.width && page.height === main.height
    );
    if (same.length > 1) {
      throw refuseStack(`${same.length} planes of one size`, same);
    }
    const { levels, ignored } = findLevels([main], rest.map((page) => [page]));
    const others = pages.filter((page) =>
      page !== main && !rest.includes(page)
    );
    const associated: AssociatedPage[] = [];
    for (const [i, page] of others.entries()) {
      const name = roleOf(page) ?? (i === 0 ? "thumbnail" : undefined);
      if (name) associated.push({ name, page });
      else ignored.push({ what: nameOf(page), why: "it is not tiled" });
    }
    return { levels, ignored, associated, ...describe(main) };
  },
  describePage: (_, page) => describe(page),
};

function roleOf({ description }: TiffPage): "label" | "macro" | undefined {
  const [, line = ""] = description.split("\n");
  if (/^\s*label\b/i.test(line)) return "label";
  if (/^\s*macro\b/i.test(line)) return "macro";
}

function describe(page: TiffPage): Partial<TiffLayout> {
  const fields = new Map(
    page.description.split("|").slice(1).map((field) => {
      const at = field.indexOf("=");
      return [field.slice(0, at).trim(), field.slice(at + 1).trim()];
    }),
  );
  const text = fields.get("MPP");
  const mpp = parseNumber(text);
  const power = parseNumber(fields.get("AppMag"));
  const warnings = text !== undefined && !isPlausible(mpp)
    ? [
      `its description says "MPP = ${text}", which is not a valid scale: ignored`,
    ]
    : [];
  return {
    properties: propertiesOf("aperio", fields),
    warnings,
    mpp: isPlausible(mpp)
      ? { x: mpp, y: mpp, source: `ImageDescription "MPP = ${text}"` }
      : undefined,
    objectivePower: power && power > 0 && power < 1000
      ? { value: power, source: `ImageDescription "AppMag"` }
      : undefined,
  };
}
