import { cannot } from "../../errors/cannot.ts";
import { MAX_BLOCK_BYTES } from "../../io/limits.ts";
import { findLevels } from "./find_levels.ts";
import { nameOf } from "../encoding.ts";
import {
  type AssociatedPage,
  type Level,
  resolutionScale,
  type TiffFile,
  type TiffKind,
  type TiffLayout,
} from "./layout.ts";
import { refuseStack } from "./unread.ts";

/** Maximum side in a JPEG's header; larger pages have 0 there. */
const MAX_JPEG_SIDE = 65535;

/**
 * Hamamatsu's NDPI: each page is one JPEG. Tag 65421 is the lens it was taken with or reduced to (-1 for the macro, -2 for a map of the
 * scanned area), 65424 the distance of its focal plane in nanometers: that at 0 is the slide.
 *
 * Source: the notes on NDPI of OpenSlide and of ndpitools.
 */
export const HAMAMATSU: TiffKind = {
  name: "Hamamatsu NDPI",
  detect: ({ pages }) => pages[0]?.ndpi !== undefined,
  layout({ pages, source }: TiffFile): TiffLayout {
    if (source.size > 2 ** 32) {
      throw cannot(
        "find the slide",
        `it is a Hamamatsu NDPI file of more than 4 GiB, which is not supported yet: ${HINT}`,
        { kind: TypeError },
      );
    }
    const lens = new Map(pages.map((page) => [page, page.ndpi?.lens ?? 0]));
    const scans = pages.filter((page) => lens.get(page)! > 0);
    const sharp = scans.filter((page) => (page.ndpi?.focus ?? 0) === 0)
      .sort((a, b) => lens.get(b)! - lens.get(a)!);
    const [main] = sharp;
    if (!main) {
      throw refuseStack("no focal plane at offset 0 (Hamamatsu NDPI)", pages);
    }
    const same = sharp.filter((page) => lens.get(page) === lens.get(main));
    if (same.length > 1) {
      throw refuseStack(
        `${same.length} pages of lens ${
          lens.get(main)
        } at one focus (Hamamatsu NDPI, possibly fluorescence)`,
        same,
      );
    }
    const { width, height } = main;
    if (
      Math.max(width, height) > MAX_JPEG_SIDE ||
      width * height * 3 > MAX_BLOCK_BYTES
    ) {
      throw cannot(
        "find the slide",
        `it is a Hamamatsu NDPI slide of ${width}×${height} px in one JPEG, which is not supported yet: ${HINT}`,
        { kind: TypeError },
      );
    }
    const found = findLevels([main], sharp.slice(1).map((page) => [page]));
    const associated: AssociatedPage[] = [];
    const ignored = [...found.ignored];
    for (const page of pages) {
      if (lens.get(page) === -1) associated.push({ name: "macro", page });
      else if (lens.get(page) === -2) associated.push({ name: "map", page });
      else if (!sharp.includes(page)) {
        const why = scans.includes(page)
          ? `its focal plane is ${page.ndpi?.focus} nm from the slide's`
          : "it has no lens tag";
        ignored.push({ what: nameOf(page), why });
      }
    }
    const power = lens.get(main)!;
    return {
      levels: found.levels.map((level): Level => {
        const ratio = power / lens.get(level.picture[0])!;
        const isWhole = Math.abs(ratio - Math.round(ratio)) < 1e-3;
        return isWhole ? { ...level, downsample: Math.round(ratio) } : level;
      }),
      ignored,
      associated,
      mpp: resolutionScale(main),
      objectivePower: { value: power, source: "tag 65421" },
    };
  },
};

const HINT =
  "convert it with bfconvert (Bio-Formats) or vips tiffsave --tile --pyramid, or export it from NDP.view";
