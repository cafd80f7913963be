import { blockFormat } from "../../block_format.ts";
import { checkPage } from "../../check_page.ts";
import { nameOf } from "../../encoding.ts";
import { checkChannelCount } from "../check_channel_count.ts";
import { wholeFactor } from "../find_levels.ts";
import type {
  ChannelContents,
  Ignored,
  SlideContents,
  StoredLevel,
} from "../format.ts";
import { isPlausible } from "../layout.ts";
import { type Axis, refused } from "./multiscales.ts";
import type { ZarrArray } from "./zarr_array.ts";
import { openChunks, type Plane } from "./zarr_blocks.ts";
import type { ZarrImage, ZarrLevel } from "./zarr_image.ts";

const MICROMETERS: { readonly [unit: string]: number } = {
  picometer: 1e-6,
  angstrom: 1e-4,
  nanometer: 1e-3,
  micrometer: 1,
  millimeter: 1e3,
  centimeter: 1e4,
  decimeter: 1e5,
  inch: 25400,
  meter: 1e6,
};

/**
 * Finds the slide in an image.
 *
 * @throws {TypeError} If it is not a color picture, or has several planes.
 */
export function toContents(image: ZarrImage): SlideContents {
  const { levels: [finest], multiscale } = image;
  const warnings = checkChannels(image);
  for (const { array, c, x, y } of image.levels) {
    checkPlanes(array, { c, x, y, axes: multiscale.axes });
  }
  checkPage(finest.picture);
  const { levels, ignored } = keepLevels(image);
  const scale = readScale(image);
  return {
    levels,
    ignored,
    mpp: scale.mpp,
    warnings: [
      ...warnings,
      ...scale.warnings,
      ...multiscale.others === 0 ? [] : [
        `it describes ${multiscale.others} further pyramids (multiscales), which are not read`,
      ],
    ],
    properties: {
      "ome.version": finest.picture.description === "Zarr 2" ? "0.4" : "0.5",
      ...multiscale.name !== undefined && { "ome.name": multiscale.name },
    },
  };
}

/** Finds the channels of an image of any colors, in the first plane of a stack. */
export function toChannels(image: ZarrImage): ChannelContents {
  const { levels: [finest], multiscale: { axes } } = image;
  const { array: { shape }, c, x, y } = finest;
  const count = c < 0 ? 1 : shape[c];
  checkChannelCount(count);
  const scale = readScale(image);
  const deep = axes.filter((_, i) => ![c, x, y].includes(i) && shape[i] > 1)
    .map(({ name }) => name.slice(0, 20));
  return {
    ignored: keepLevels(image).ignored,
    mpp: scale.mpp,
    warnings: [
      ...scale.warnings,
      ...deep.length > 0
        ? [`the first plane along ${deep.join(" and ")} is shown`]
        : [],
    ],
    channels: Array.from({ length: count }, (_, channel) => {
      const { label, color, start, end } = image.channels?.[channel] ?? {};
      return {
        name: label || undefined,
        color: /^[0-9a-f]{6}$/.test(color ?? "") ? color : undefined,
        window: start !== undefined && end !== undefined && end > start
          ? { min: start, max: end, source: "omero" }
          : undefined,
        ...keepLevels({
          levels: image.levels.map((level) => ofChannel(level, channel)),
        }),
      };
    }),
  };
}

function ofChannel(level: ZarrLevel, channel: number): ZarrLevel {
  const { picture, array: { bits } } = level;
  const gray = { samples: 1, bits: [bits], formats: [1], photometric: 1 };
  return { ...level, channel, picture: { ...picture, ...gray, planar: false } };
}

/** Refuses stacks: which plane would be the slide is not said. */
function checkPlanes(
  { shape }: ZarrArray,
  { axes, ...plane }: Pick<Plane, "c" | "x" | "y"> & {
    readonly axes: readonly Axis[];
  },
): void {
  const known = Object.values(plane);
  const deep = axes.findIndex((_, i) => !known.includes(i) && shape[i] > 1);
  if (deep < 0) return;
  const { name } = axes[deep];
  const what = { z: "focal planes", t: "points in time" }[name];
  throw refused(
    `it has ${shape[deep]} ${
      what ?? `planes along its axis "${name.slice(0, 20)}"`
    }, and which one is the slide is not said: write one of them to a store of its own, for example with bfconvert -z or -timepoint (Bio-Formats)`,
  );
}

const RGB = ["ff0000", "00ff00", "0000ff"];

/** Refuses all but red, green and blue. */
function checkChannels(
  { levels: [{ array, c, picture }], channels }: ZarrImage,
): string[] {
  const count = c < 0 ? 1 : array.shape[c];
  const hint =
    "fluorescence and gray are not supported: export it as RGB, for example with QuPath (File › Export as OME-TIFF)";
  if (count !== 3) {
    throw refused(
      `it has ${count} channels, and three are needed, red, green and blue: ${hint}`,
    );
  }
  if (!channels) {
    return [
      "its three channels have no colors (omero) and are taken as red, green and blue",
    ];
  }
  const colors = channels.map(({ color }) => color ?? "none");
  if (colors.join() !== RGB.join()) {
    throw refused(
      `the colors of its channels are ${
        colors.join(", ").slice(0, 80)
      }, and not ff0000, 00ff00, 0000ff (red, green and blue): ${hint}`,
    );
  }
  const end = Math.max(...channels.map(({ end }) => end ?? NaN));
  return picture.bits[0] > 8 && end < 2 ** 15
    ? [
      `its samples have 16 bits, of which the highest 8 are kept, but it shows only values up to ${end}: --sample-range 0,${end} (openSlide's sampleRange) makes them white`,
    ]
    : [];
}

/** The levels that are certainly reduced copies of the finest. */
function keepLevels(
  { levels }: Pick<ZarrImage, "levels">,
): { levels: StoredLevel[]; ignored: Ignored[] } {
  const [finest] = levels;
  const kept: StoredLevel[] = [toStored(finest, 1)];
  const ignored: Ignored[] = [];
  for (const level of levels.slice(1)) {
    const { dataset } = level;
    const factor = factorOf(level, finest);
    const why = factor === undefined
      ? "no whole downsample explains its size"
      : factor <= kept.at(-1)!.downsample
      ? "another level has its size"
      : level.array.bits !== finest.array.bits ||
          channelsOf(level) !== channelsOf(finest)
      ? "its samples are not the slide's"
      : isMoved(level, finest)
      ? "its coordinate transformations move it by a pixel or more"
      : undefined;
    if (why) ignored.push({ what: `level "${dataset.path}"`, why });
    else kept.push(toStored(level, factor!));
  }
  return { levels: kept, ignored };
}

function channelsOf({ array, c }: ZarrLevel): number {
  return array.shape[c];
}

/** The whole downsample of a level: what its scale says, if that explains its size. */
function factorOf(
  { dataset, x, y, picture }: ZarrLevel,
  { dataset: { scale }, picture: main }: ZarrLevel,
): number | undefined {
  const ratios = [x, y].map((axis) =>
    Math.round((dataset.scale?.[axis] ?? 0) / (scale?.[axis] ?? 1))
  );
  const fits = ratios[0] === ratios[1] && ratios[0] >= 1 &&
    Math.abs(main.width / ratios[0] - picture.width) < 1 &&
    Math.abs(main.height / ratios[0] - picture.height) < 1;
  if (fits) return ratios[0];
  const ratio = Math.sqrt(
    main.width / picture.width * (main.height / picture.height),
  );
  return wholeFactor(ratio, [{ main, page: picture }]);
}

/** Whether a level begins elsewhere; half a pixel is usual, where pixels are averaged. */
function isMoved(
  { dataset: { scale, translation = [] }, x, y }: ZarrLevel,
  finest: ZarrLevel,
): boolean {
  const from = finest.dataset.translation ?? [];
  return scale !== undefined &&
    [x, y].some((axis) =>
      Math.abs((translation[axis] ?? 0) - (from[axis] ?? 0)) >= scale[axis]
    );
}

/** A level as the slide's reader takes it. */
function toStored(level: ZarrLevel, downsample: number): StoredLevel {
  const { picture } = level;
  const { width, height } = picture;
  return {
    width,
    height,
    downsample,
    picture,
    openBlocks(options) {
      checkPage(picture, options);
      return Promise.resolve(
        openChunks(level, blockFormat([picture], options)),
      );
    },
    countMissing: () => Promise.resolve(undefined),
  };
}

/** Micrometers per pixel of the finest level. */
function readScale(
  { levels: [{ dataset: { scale }, x, y, picture }], multiscale: { axes } }:
    ZarrImage,
): { mpp?: SlideContents["mpp"]; warnings: string[] } {
  if (!scale) return { warnings: [`${nameOf(picture)} has no scale`] };
  const said = [x, y].map((axis) =>
    `${Number(scale[axis].toPrecision(6))} ${axes[axis].unit ?? "(no unit)"}`
  );
  const [mppX, mppY] = [x, y].map((axis) => {
    const unit = axes[axis].unit ?? "";
    return Object.hasOwn(MICROMETERS, unit)
      ? scale[axis] * MICROMETERS[unit]
      : undefined;
  });
  if (!isPlausible(mppX) || !isPlausible(mppY)) {
    return {
      warnings: [
        `its scale of ${
          said.join(" by ")
        } per pixel is not a valid scale of a microscope: ignored`,
      ],
    };
  }
  const source = `coordinateTransformations, ${said.join(" by ")}`;
  return { mpp: { x: mppX, y: mppY, source }, warnings: [] };
}
