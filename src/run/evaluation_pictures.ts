import { encodePhoto } from "../masks/pictures/encode_photo.ts";
import { simplifyPolygon } from "../masks/polygons/simplify_polygon.ts";
import { dataUrl } from "../report/markup.ts";
import { MATCH_KINDS, pathOf } from "../report/match_kinds.ts";
import type { MatchPicture } from "../report/match_pictures.ts";
import type { WorstObject } from "../report/match_strips.ts";
import type { Slide } from "../slide/slide.ts";
import { Highest } from "./highest.ts";
import { readPicture } from "./read_picture.ts";
import {
  badness,
  type MeasuredMatch,
  MOST_WORST,
  type SlideMatches,
} from "./slide_matches.ts";

/** Slides whose pictures are on the page. */
const MOST_SLIDES = 24;
/** Side of the pictures of objects, in pixels. */
const CROP = 192;
/** Least level-0 pixels that such a picture shows. */
const LEAST = 64;

/** A picture of a slide, with the number of slides. */
interface Options {
  /** The names of several classes. */
  readonly classes?: readonly string[];
  /** The slide's Dice. */
  readonly dice: number;
  readonly signal?: AbortSignal;
}

/** The pictures of an evaluation's page: slides with the lowest Dice, and the worst objects of all slides. */
export class EvaluationPictures {
  readonly #slides = new Highest<MatchPicture>(MOST_SLIDES);
  /** The worst objects so far with their badness, worst first; kind by kind. */
  #worst: readonly (WorstObject & { readonly badness: number })[] = [];

  /** Adds a slide whose objects are matched. */
  async add(
    slide: Slide,
    matches: SlideMatches,
    { classes, dice, signal }: Options,
  ): Promise<void> {
    const { name, width, height, mpp } = slide;
    const { scale } = matches;
    const whole = { x: 0, y: 0, width, height };
    const picture = await readPicture(slide, whole, { scale, signal });
    const photo = await encodePhoto(picture.data, picture);
    this.#slides.add(-dice, () => ({
      ...{ name, dice, scale, mpp, slide: dataUrl(photo) },
      ...{ width: picture.width, height: picture.height },
      outlines: matches.outlines(),
    }));
    for (const kind of MATCH_KINDS) {
      const known = this.#worst.filter((one) => one.kind === kind);
      const added = matches.worst[kind].items.map((match) => ({
        match,
        badness: badness(match),
      }));
      const worst = [...known, ...added]
        .toSorted((a, b) => b.badness - a.badness).slice(0, MOST_WORST);
      const shown = [];
      for (const one of worst) {
        if (!("match" in one)) shown.push(one);
        else {
          const object = await show(slide, one.match, { classes, signal });
          shown.push({ ...object, badness: one.badness });
        }
      }
      const others = this.#worst.filter((one) => one.kind !== kind);
      this.#worst = [...others, ...shown];
    }
  }

  /** The slides with the lowest Dice, lowest first. */
  get slides(): readonly MatchPicture[] {
    return this.#slides.items;
  }

  /** The worst objects of each kind, worst first. */
  get worst(): readonly WorstObject[] {
    return this.#worst.map(({ badness: _, ...object }) => object);
  }
}

/** Reads the surroundings of an object. */
async function show(
  slide: Slide,
  { kind, polygon, labeled, iou, measures }: MeasuredMatch,
  { classes, signal }: Pick<Options, "classes" | "signal">,
): Promise<WorstObject> {
  const { box, areaPx, areaUm2, probability } = measures;
  const least = Math.max(LEAST, 1.6 * Math.max(box.width, box.height));
  const scale = Math.ceil(least / CROP);
  const size = Math.ceil(least / scale);
  const side = size * scale;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const picture = await readPicture(slide, {
    x: Math.round(x - side / 2),
    y: Math.round(y - side / 2),
    ...{ width: side, height: side },
  }, { scale, signal });
  const outline = (one: typeof polygon) => {
    const { rings } = simplifyPolygon(one, { tolerance: scale / 2 });
    return pathOf(rings, { x: picture.x, y: picture.y, scale });
  };
  const photo = await encodePhoto(picture.data, picture);
  return {
    ...{ kind, slide: slide.name, x, y, areaPx, areaUm2, iou, probability },
    class: polygon.class === undefined
      ? undefined
      : classes?.[polygon.class - 1],
    picture: {
      ...{ side, size, photo: dataUrl(photo), path: outline(polygon) },
      labelPath: labeled && outline(labeled),
    },
  };
}
