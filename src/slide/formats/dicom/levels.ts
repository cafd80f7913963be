import { cannot } from "../../../errors/cannot.ts";
import { nameOf } from "../../encoding.ts";
import { fitLevel, paddedLevel, wholeFactor } from "../find_levels.ts";
import type { Ignored } from "../format.ts";
import type { DicomInstance } from "./instance.ts";
import { describeStored, type DicomPicture } from "./picture.ts";

/** A level, and the picture that holds it. */
export interface DicomLevel {
  readonly picture: DicomPicture;
  readonly width: number;
  readonly height: number;
  readonly downsample: number;
}

/**
 * Joins instances that are parts of a concatenation to pictures.
 *
 * @throws {SyntaxError} If a part is missing, or differs from the others.
 */
export function joinParts(
  instances: readonly DicomInstance[],
): DicomPicture[] {
  const groups = new Map<string, DicomInstance[]>();
  for (const instance of instances) {
    const { concatenation, uid } = instance;
    const key = concatenation ? `parts ${concatenation.uid}` : uid;
    groups.set(key, [...groups.get(key) ?? [], instance]);
  }
  return [...groups.values()].map((parts) => {
    const sorted = parts[0].concatenation ? inOrder(parts) : parts;
    return { parts: sorted, stored: describeStored(sorted) };
  });
}

/** The parts of a concatenation, each beginning where the one before ends. */
function inOrder(parts: readonly DicomInstance[]): DicomInstance[] {
  const names = parts.map(({ name }) => `"${name}"`).slice(0, 8).join(", ");
  const fail = (why: string): Error =>
    cannot(
      "join the parts of a DICOM concatenation",
      `${why} (there are ${names}): copy all files of the series into one folder`,
      { kind: SyntaxError },
    );
  const firstOf = (part: DicomInstance): number =>
    part.concatenation?.first ?? NaN;
  const sorted = [...parts].sort((a, b) => firstOf(a) - firstOf(b));
  const [reference] = sorted;
  let next = 0;
  for (const part of sorted) {
    const first = firstOf(part);
    if (Number.isNaN(first)) {
      throw fail(`"${part.name}" does not say which frames it holds`);
    }
    if (first !== next) {
      throw fail(
        first > next
          ? `a part with frames ${next} to ${first - 1} is missing`
          : `"${part.name}" holds frames that another part holds`,
      );
    }
    if (describeLook(part) !== describeLook(reference)) {
      throw fail(`"${part.name}" is of another picture`);
    }
    next += part.frames;
  }
  const total = Math.max(
    ...parts.map(({ concatenation }) => concatenation?.total ?? 0),
  );
  if (total > parts.length) {
    throw fail(`it has ${parts.length} of ${total} parts`);
  }
  return sorted;
}

/** What the parts of a picture have in common. */
function describeLook({ matrix, tile, role, syntax }: DicomInstance): string {
  return JSON.stringify([matrix, tile, role, syntax]);
}

/** The pictures of a series: levels, those beside the slide, and others. */
export interface DicomLayout {
  readonly levels: readonly DicomLevel[];
  readonly beside: readonly DicomPicture[];
  readonly ignored: readonly Ignored[];
  readonly warnings: readonly string[];
}

/** What pictures beside the slide are called, by their role. */
export const BESIDE: { readonly [role: string]: string } = {
  LABEL: "label",
  OVERVIEW: "macro",
  THUMBNAIL: "thumbnail",
};

/**
 * Finds the levels of a series among its pictures.
 *
 * @throws {TypeError} If none is the slide, or it is ambiguous which is the finest.
 */
export function layOut(pictures: readonly DicomPicture[]): DicomLayout {
  const roleOf = ({ parts: [{ role }] }: DicomPicture) => role;
  const volumes = pictures.filter((each) => roleOf(each) === "VOLUME");
  const thumbnails = pictures.filter((each) => roleOf(each) === "THUMBNAIL");
  // A thumbnail by itself is a slide of one level.
  const found = volumes.length > 0 ? volumes : thumbnails.slice(0, 1);
  if (found.length === 0) {
    const roles = [...new Set(pictures.map(roleOf))].map((role) => role || "?");
    throw cannot(
      "find the slide",
      `its series has no image of the slide (VOLUME), only ${
        roles.slice(0, 8).join(", ")
      }: copy all files of the series into one folder, or select one with --page N (openSlide's page)`,
      { kind: TypeError },
    );
  }
  const sorted = [...found].sort((a, b) =>
    b.stored.width * b.stored.height - a.stored.width * a.stored.height
  );
  const [main, second] = sorted;
  const { width, height } = main.stored;
  if (second?.stored.width === width && second.stored.height === height) {
    throw cannot(
      "find the slide",
      `its series has several images of ${width}×${height} px ("${main.stored.place}" and "${second.stored.place}"), such as focal planes or optical paths, and which is the slide is unknown: select one with --page N (openSlide's page)`,
      { kind: TypeError },
    );
  }
  const levels: DicomLevel[] = [{
    picture: main,
    width,
    height,
    downsample: 1,
  }];
  const ignored: Ignored[] = [];
  const warnings: string[] = [];
  for (const picture of sorted.slice(1)) {
    const fit = fitPicture(main, picture);
    const last = levels.at(-1)!.downsample;
    if (fit && fit.downsample > last) {
      levels.push({ picture, ...fit });
      if (fit.warning) warnings.push(fit.warning);
      continue;
    }
    const why = fit
      ? "another level has its size"
      : "no downsample explains its size";
    ignored.push({ what: nameOf(picture.stored), why });
  }
  const beside: DicomPicture[] = [];
  for (const picture of pictures) {
    if (found.includes(picture)) continue;
    const role = roleOf(picture);
    if (Object.hasOwn(BESIDE, role)) beside.push(picture);
    else {
      ignored.push({
        what: nameOf(picture.stored),
        why: `its role in the slide is unknown (${role || "no ImageType"})`,
      });
    }
  }
  return { levels, beside, ignored, warnings };
}

/**
 * The size and the downsample of a level. Philips pads levels to whole tiles, so the ratio of spacings counts where it
 * explains the size.
 */
function fitPicture(
  main: DicomPicture,
  picture: DicomPicture,
):
  | Omit<DicomLevel, "picture"> & { readonly warning?: string }
  | undefined {
  const [{ stored }, { stored: page }] = [main, picture];
  const { width, height } = page;
  const said = spacingRatio(main.parts[0], picture.parts[0]);
  const ratio = Math.sqrt(stored.width / width * (stored.height / height));
  const whole = wholeFactor(ratio, [{ main: stored, page }]);
  if (said !== undefined && said !== whole && said > 1) {
    const padded = paddedLevel(stored, said);
    const isPadded = fitsPadded(width, {
      whole: stored.width,
      factor: said,
      tile: page.blockWidth,
    }) && fitsPadded(height, {
      whole: stored.height,
      factor: said,
      tile: page.blockHeight,
    });
    if (isPadded) return padded;
  }
  const fit = whole === undefined
    ? fitLevel(stored, page)
    : { width, height, downsample: whole };
  const differs = fit && said !== undefined &&
    Math.abs(said / fit.downsample - 1) > 0.1;
  return fit && {
    ...fit,
    ...(differs && {
      warning: `the pixel spacing of ${
        nameOf(page)
      } is ${said} times the slide's, and its size says ${
        Number(fit.downsample.toPrecision(4))
      }, which is used`,
    }),
  };
}

/** The whole ratio of two spacings, if both axes have it. */
function spacingRatio(
  { spacing: main }: DicomInstance,
  { spacing }: DicomInstance,
): number | undefined {
  if (!main || !spacing) return undefined;
  const [down, across] = spacing.map((mm, axis) => mm / main[axis]);
  const whole = Math.round(across);
  return Math.abs(across / whole - 1) < 0.02 &&
      Math.abs(down / whole - 1) < 0.02
    ? whole
    : undefined;
}

/** Whether a side is that of a reduced level, rounded or padded to whole tiles. */
function fitsPadded(
  side: number,
  { whole, factor, tile }: {
    readonly whole: number;
    readonly factor: number;
    readonly tile: number;
  },
): boolean {
  return Math.abs(side - whole / factor) < 1 ||
    side === Math.ceil(Math.ceil(whole / factor) / tile) * tile;
}
