import { cannot } from "../../errors/cannot.ts";
import type { TiffPage } from "../tiff/tiff_page.ts";
import { findLevels, inRuns, subPictures } from "./find_levels.ts";
import { nameOf } from "../encoding.ts";
import type { Ignored } from "./format.ts";
import {
  type AssociatedPage,
  type ChannelLayout,
  type Picture,
  resolutionScale,
  type TiffFile,
  type TiffKind,
  type TiffLayout,
} from "./layout.ts";
import {
  gatherPages,
  type OmeImage,
  parseOme,
  planesOf,
  readOme,
} from "./ome_pages.ts";
import { firstPlane, layOutChannels } from "./tiff_channels.ts";
import { refuseStack } from "./unread.ts";

/**
 * OME-TIFF, of one file or several. The metadata define which pages are which picture's channels; label and macro are
 * recognized by name; the picture that is by far the largest of the others is the slide.
 *
 * Source: the OME-TIFF specification; OME schema 2016-06.
 */
export const OME: TiffKind = {
  name: "OME-TIFF",
  detect: ({ pages, metadata }) =>
    isOme(metadata ?? pages[0]?.description ?? ""),
  async layout(file: TiffFile): Promise<TiffLayout> {
    const { images } = await readOme(file);
    const { image, others, warnings } = chooseImage(images, file);
    checkStack(image, file);
    const start = firstPageOf(image, images);
    const planes = await gatherPages(file, image, { firstPage: start });
    const { main, guessed } = joinPlanes(image, planes);
    if (guessed) {
      warnings.push(
        "three grayscale channels are taken as red, green and blue: the metadata do not say what they are",
      );
    }
    const [page] = main;
    const isStale = page.width !== image.width || page.height !== image.height;
    if (isStale) {
      warnings.push(
        `its OME-XML describes ${image.width}×${image.height} px, but the page has ${page.width}×${page.height}: its scale is not used`,
      );
    }
    const { associated, ignored, named } = await describeOthers(
      others,
      { file, images },
    );
    const rest = file.pages.filter((page) =>
      !named.has(page) &&
      !planes.some(({ place, source }) =>
        place === page.place && source === page.source
      )
    );
    const reduced = rest.filter(({ subfileType }) => (subfileType & 1) === 1);
    const found = findLevels(main, [
      ...subPictures(main),
      ...inRuns(reduced, main.length),
    ]);
    for (const page of rest.filter((page) => !reduced.includes(page))) {
      ignored.push({
        what: nameOf(page),
        why: "its OME-XML does not mention it",
      });
    }
    return {
      levels: found.levels,
      ignored: [...found.ignored, ...ignored],
      associated,
      ...(isStale ? {} : {
        mpp: image.scale.mpp ?? resolutionScale(page),
        objectivePower: image.objectivePower,
      }),
      properties: image.properties,
      sampleRange: image.sampleRange,
      warnings: [...warnings, ...image.scale.warnings ?? []],
    };
  },
  async channels(file: TiffFile): Promise<ChannelLayout> {
    const { images } = await readOme(file);
    const { image, others, warnings } = chooseImage(images, file);
    const planes = await gatherPages(file, image, {
      firstPage: firstPageOf(image, images),
    });
    if (image.channels.some(({ samples }) => samples > 1)) {
      throw cannot("find channels", "its channels are color pictures", {
        kind: TypeError,
      });
    }
    const { associated, ignored, named } = await describeOthers(
      others,
      { file, images },
    );
    const reduced = file.pages.filter((page) =>
      (page.subfileType & 1) === 1 && !named.has(page) && !planes.includes(page)
    );
    const { slices, times: frames } = image;
    return layOutChannels(planes, {
      ...{ reduced, associated, ignored },
      mpp: image.scale.mpp ?? resolutionScale(planes[0]),
      objectivePower: image.objectivePower,
      properties: image.properties,
      channels: image.channels.map(({ name, color }) => ({
        name: name === "" ? undefined : name,
        color,
      })),
      warnings: [
        ...warnings,
        ...firstPlane({ slices, frames }),
        ...image.scale.warnings ?? [],
      ],
    });
  },
  describePage(file, page) {
    try {
      const { images } = parseOme(file.pages[0].description);
      const number = file.pages.indexOf(page);
      const image = images.find((image) => {
        const start = firstPageOf(image, images);
        return image.planes.some(({ firstPage = start, count }) =>
          number >= firstPage && number < firstPage + (count ?? planesOf(image))
        );
      });
      if (image?.width !== page.width || image.height !== page.height) {
        return { mpp: resolutionScale(page) };
      }
      return {
        mpp: image.scale.mpp ?? resolutionScale(page),
        objectivePower: image.objectivePower,
        sampleRange: image.sampleRange,
      };
    } catch {
      return { mpp: resolutionScale(page) }; // a page that the caller chose opens whatever the metadata
    }
  },
};

/** Whether a text is OME-XML. */
export function isOme(text: string): boolean {
  return /<(\w{1,20}:)?OME[\s>]/.test(text);
}

const BESIDE = /\b(label|macro|thumbnail|overview|barcode)\b/i;

/** The picture that is the slide. */
function chooseImage(
  images: readonly OmeImage[],
  { fileName }: TiffFile,
): { image: OmeImage; others: OmeImage[]; warnings: string[] } {
  // If each of several files has a picture, the one in the given file is meant.
  const here = images.filter(({ planes }) =>
    planes.some(({ file }) => file !== undefined && file === fileName)
  );
  const known = here.length > 0 ? here : images;
  const slides = known.filter(({ name }) => !BESIDE.test(name));
  const candidates = slides.length > 0 ? slides : known;
  const [first] = candidates;
  if (!first) {
    throw cannot("find the slide", "its OME-XML describes no picture", {
      kind: TypeError,
    });
  }
  const area = ({ width, height }: OmeImage) => width * height;
  const image = candidates.reduce((best, each) =>
    area(each) > area(best) ? each : best
  );
  const rivals = candidates.filter((each) => area(each) * 2 > area(image));
  if (rivals.length > 1) {
    const sizes = rivals.slice(0, 4).map(({ title, width, height }) =>
      `${title} of ${width}×${height} px`
    );
    throw cannot(
      "find the slide",
      `it contains ${rivals.length} pictures, and it is ambiguous which is the slide (${
        sizes.join(", ")
      }${
        rivals.length > 4 ? ", …" : ""
      }): select one page with --page N (openSlide's page)`,
      { kind: TypeError },
    );
  }
  const warnings = candidates.length > 1
    ? [
      `the largest of ${candidates.length} pictures is taken as the slide, ${image.title} of ${image.width}×${image.height} px; inspect lists the others`,
    ]
    : [];
  return { image, others: known.filter((each) => each !== image), warnings };
}

/** A color picture has one or three channels in one plane. */
function checkStack(image: OmeImage, { pages }: TiffFile): void {
  const { slices, times, samples, channels } = image;
  const planes = planesOf(image);
  const isRgb = planes === 1 && samples >= 3;
  if (slices === 1 && times === 1 && (isRgb || planes === 1 || planes === 3)) {
    return;
  }
  const names = channels.map(({ name }) => name).filter((name) => name !== "");
  const listed = names.length > 0 ? ` (${names.join(", ").slice(0, 80)})` : "";
  const parts = [
    planes > 1 && `${planes} channels${listed}`,
    slices > 1 && `${slices} slices`,
    times > 1 && `${times} times`,
  ];
  const found = `${parts.filter(Boolean).join(", ")} (OME-XML)`;
  if (pages.length === 0) {
    throw cannot("find the slide", `it contains ${found}, which is a stack`, {
      kind: TypeError,
    });
  }
  throw refuseStack(found, pages);
}

/** The pages of one picture in the order red, green, blue. */
function joinPlanes(
  { channels }: OmeImage,
  planes: readonly TiffPage[],
): { main: Picture; guessed: boolean } {
  if (planes.length === 1) return { main: planes, guessed: false };
  if (planes.some(({ samples }) => samples > 1)) {
    throw refuseStack(`${planes.length} pages of several samples`, planes);
  }
  const colors = channels.map(({ color }) => color);
  const order = ["ff0000", "00ff00", "0000ff"].map((color) =>
    colors.indexOf(color)
  );
  // Damaged metadata may list more channels than planes.
  if (order.every((i) => i >= 0 && i < planes.length)) {
    return { main: order.map((i) => planes[i]), guessed: false };
  }
  const names = channels.map(({ name }) => name.trim().toLowerCase());
  const isGeneric = names.every((name) =>
    /^((channel|chan|ch|c)?[ :_-]*\d*|red|green|blue|r|g|b)$/.test(name)
  );
  const isOther = colors.some((color) => color !== undefined) ||
    channels.some(({ isFluorescent }) => isFluorescent) || !isGeneric;
  if (isOther) {
    const said = channels.map(({ name, color }) =>
      [name, color && `#${color}`].filter(Boolean).join(" ")
    ).join(", ");
    throw refuseStack(
      `three channels that are not red, green and blue (${said.slice(0, 100)})`,
      planes,
    );
  }
  const isNamed = names.join() === "red,green,blue" || names.join() === "r,g,b";
  return { main: planes, guessed: !isNamed };
}

/** The first page of an image whose metadata give no number: after those of the images before. */
function firstPageOf(image: OmeImage, images: readonly OmeImage[]): number {
  return images.slice(0, images.indexOf(image)).reduce(
    (sum, each) => sum + planesOf(each) * each.slices * each.times,
    0,
  );
}

/** Labels, macros, and pictures that are not read, with their pages. */
async function describeOthers(
  others: readonly OmeImage[],
  { file, images }: { file: TiffFile; images: readonly OmeImage[] },
): Promise<
  { associated: AssociatedPage[]; ignored: Ignored[]; named: Set<TiffPage> }
> {
  const associated: AssociatedPage[] = [];
  const ignored: Ignored[] = [];
  const named = new Set<TiffPage>();
  for (const image of others) {
    const pages = await gatherPages(file, image, {
      firstPage: firstPageOf(image, images),
    }).catch(() => []);
    const kind = image.name.match(BESIDE)?.[1].toLowerCase();
    if (kind && pages.length === 1) {
      associated.push({
        name: kind === "overview" ? "macro" : kind,
        page: pages[0],
      });
    } else {
      const size = `${image.width}×${image.height} px`;
      ignored.push({
        what: `${image.title} (${size})`,
        why: "it is a picture other than the slide",
      });
    }
    for (const page of pages) named.add(page);
  }
  return { associated, ignored, named };
}
