import { regionClass } from "../corrections/correction.ts";
import { cannot } from "../errors/cannot.ts";
import type { Region } from "../slide/slide.ts";
import { isAroundSlide, isIgnored } from "./choose_annotations.ts";
import type { LabelSource } from "./label_source.ts";
import { boundsOf, PolygonLabels } from "./polygon_labels.ts";
import type { Annotation, PolygonRings } from "./read_geojson_polygons.ts";

/**
 * What the pixels are about which nobody has decided: unknown, so that they teach nothing, or background.
 *
 * @category Labels
 */
export type Unlabeled = "unknown" | "background";

/** The annotations of a slide's corrections, by what they say. */
export interface Corrections {
  /** Objects, decided and undecided. */
  readonly objects: readonly Annotation[];
  /** Objects that a person rejected. */
  readonly rejected: readonly Annotation[];
  /** Regions that somebody has looked at as a whole. */
  readonly regions: readonly Annotation[];
}

/** Sorts the annotations of corrections. Rejected regions are neither objects nor regions. */
export function sortCorrections(
  annotations: readonly Annotation[],
): Corrections {
  const [objects, rejected, regions]: Annotation[][] = [[], [], []];
  for (const one of annotations) {
    const { state, name, formerName } = one;
    if (state === "rejected") {
      if (!isRegion(formerName)) rejected.push(one);
    } else if (isRegion(name)) regions.push(one);
    else objects.push(one);
  }
  return { objects, rejected, regions };
}

function isRegion(name: string | undefined): boolean {
  return name === regionClass.name;
}

/**
 * Checks that corrections are of a slide, by the member `tilewise` of their collection.
 *
 * @returns whether they say it.
 * @throws {RangeError} If they are of another slide.
 * @throws {SyntaxError} If they are of another format.
 */
export function checkSlide(
  member: unknown,
  slide: {
    readonly name: string;
    readonly width: number;
    readonly height: number;
  },
): boolean {
  if (member === undefined) return false;
  const action = "use corrections";
  const { format, slide: of } = (member ?? {}) as {
    readonly format?: unknown;
    readonly slide?: Partial<typeof slide>;
  };
  const isSlide = typeof of?.name === "string" &&
    [of.width, of.height].every(Number.isInteger);
  if (format !== 1 || !isSlide) {
    throw cannot(
      action,
      `their member "tilewise" must be of format 1 and hold a slide's name, width and height, received ${
        JSON.stringify(member).slice(0, 60)
      }; another version of Tilewise may have written them`,
      { kind: SyntaxError },
    );
  }
  const { name, width, height } = slide;
  if (of.name === name && of.width === width && of.height === height) {
    return true;
  }
  throw cannot(
    action,
    `they are of another slide: "${of.name}" of ${of.width}×${of.height} pixels, not "${name}" of ${width}×${height}`,
    { kind: RangeError },
  );
}

/** What {@linkcode openCorrections} takes besides the corrections. */
export interface OpenCorrectionsOptions {
  /** Width of the slide in level-0 pixels. */
  readonly width: number;
  /** Height of the slide in level-0 pixels. */
  readonly height: number;
  /** The objects of the requested classes. */
  readonly chosen: readonly Annotation[];
  /** The number of each one's class. Default: 1. */
  readonly values?: readonly number[];
  /** What all other pixels are. Default: `"unknown"`. */
  readonly unlabeled?: Unlabeled;
  /** Receives a line about what was taken. */
  readonly warn: (text: string) => void;
}

/**
 * Opens corrections as labels. Known is what lies in a region or in an object with a state: rejected objects are background,
 * others of their class; in regions undecided objects count, and the rest is background.
 *
 * @throws {RangeError} If an annotation is entirely outside the slide.
 */
export async function openCorrections(
  { objects, rejected, regions }: Corrections,
  options: OpenCorrectionsOptions,
): Promise<LabelSource> {
  const { width, height, chosen, values, unlabeled = "unknown", warn } =
    options;
  const fill = (
    annotations: readonly Annotation[],
    numberOf = (_: Annotation) => 1,
  ) =>
    new PolygonLabels(polygonsOf(annotations), {
      ...{ width, height },
      values: annotations.flatMap((one) =>
        one.polygons.map(() => numberOf(one))
      ),
    });
  const numbers = new Map(chosen.map((one, i) => [one, values?.[i] ?? 1]));
  const isOpen = ({ state }: Annotation) => state === undefined;
  const numberOf = (one: Annotation) => numbers.get(one)!;
  const undecided = chosen.filter(isOpen);
  const decided = fill(chosen.filter((one) => !isOpen(one)), numberOf);
  const guessed = fill(undecided, numberOf);
  const looked = fill(regions);
  // Decided objects of other classes are known as well: as background.
  const known = fill([
    ...regions,
    ...rejected,
    ...objects.filter((one) =>
      !isOpen(one) && (numbers.has(one) ||
        !isIgnored(one.name) && !isAroundSlide(one, options))
    ),
  ]);
  const knownPixels = known.countCovered();
  let inRegions = 0;
  for (const { polygons } of regions.length === 0 ? [] : undecided) {
    const met = polygons.map((rings) => meets(rings, looked));
    if ((await Promise.all(met)).includes(true)) inRegions++;
  }
  warn(describe({ objects, rejected, regions }, {
    inRegions,
    outside: objects.filter(isOpen).length - inRegions,
    share: knownPixels / (width * height),
    unlabeled,
  }));
  const empty = regions.filter((one) => fill([one]).countCovered() === 0);
  if (empty.length > 0) {
    warn(`${count(empty.length, "region")} of no area`);
  }
  const isGuess = unlabeled === "unknown";
  return {
    ...{ width, height },
    async readRegion(region) {
      const pixels = await decided.readRegion(region);
      if (undecided.length === 0) return pixels;
      const guesses = await guessed.readRegion(region);
      const inside = await looked.readRegion(region);
      const sure = isGuess ? await known.readRegion(region) : undefined;
      for (let i = 0; i < pixels.length; i++) {
        if (pixels[i] > 0) continue;
        if (inside[i] || sure?.[i] === 0) pixels[i] = guesses[i];
      }
      return pixels;
    },
    ...(isGuess && {
      knownPixels,
      readKnown: (region: Region) => known.readRegion(region),
    }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** The reason why slides cannot be used of which nothing is known. */
export function nothingKnown(slides: string): string {
  return `nothing of ${slides} is known: there is no decided object and no region with an area; correct it, or take the rest as background with --unlabeled background`;
}

/** The error that labels have no unknown pixels. */
export function allKnown(): Error {
  return cannot(
    "take unlabeled pixels as unknown",
    "these labels are no corrections (NAME.corrected.geojson), so that all pixels are known; leave --unlabeled out",
    { kind: TypeError },
  );
}

function polygonsOf(annotations: readonly Annotation[]): PolygonRings[] {
  return annotations.flatMap(({ polygons }) => polygons);
}

/** Pixels that are compared at a time. */
const CHUNK = 1 << 20;

/** Whether a polygon has a pixel in regions. */
async function meets(
  rings: PolygonRings,
  regions: PolygonLabels,
): Promise<boolean> {
  const own = new PolygonLabels([rings], regions);
  const bounds = boundsOf(rings, 1);
  const left = Math.max(0, Math.floor(bounds.left));
  const width = Math.min(regions.width, Math.ceil(bounds.right)) - left;
  const bottom = Math.min(regions.height, Math.ceil(bounds.bottom));
  if (!(width > 0)) return false;
  const rows = Math.max(1, Math.floor(CHUNK / width));
  for (let y = Math.max(0, Math.floor(bounds.top)); y < bottom; y += rows) {
    const part = { x: left, y, width, height: Math.min(rows, bottom - y) };
    const inside = await regions.readRegion(part);
    if (!inside.includes(1)) continue;
    const pixels = await own.readRegion(part);
    if (pixels.some((value, i) => value > 0 && inside[i] > 0)) return true;
  }
  return false;
}

/** What corrections hold, and how much of the slide is known. */
function describe(
  { objects, rejected, regions }: Corrections,
  { inRegions, outside, share, unlabeled }: {
    readonly inRegions: number;
    readonly outside: number;
    readonly share: number;
    readonly unlabeled: Unlabeled;
  },
): string {
  const states = ["accepted", "changed", "drawn"].map((state) =>
    `${objects.filter((one) => one.state === state).length} ${state}`
  );
  const rest = unlabeled === "unknown"
    ? "the rest is not"
    : "the rest counts as background, by --unlabeled";
  return `corrections: ${states.join(", ")}, ${rejected.length} rejected, ` +
    `${
      count(regions.length, "region")
    }; undecided: ${inRegions} in regions taken, ` +
    `${outside} left out; ${percent(share)} of the slide is known, ${rest}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** A share with three digits, and never 0 or 100 where it is not. */
export function percent(share: number): string {
  if (share === 0 || share === 1) return `${share * 100} %`;
  return `${Math.min(Number((share * 100).toPrecision(3)), 99.9)} %`;
}
