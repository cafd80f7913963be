import type { MatchKind } from "../evaluate/object_matcher.ts";
import { formatArea, formatCount, type Markup, markup } from "./markup.ts";
import {
  lineSample,
  MATCH_KINDS,
  MATCH_STYLES,
  strokeOf,
} from "./match_kinds.ts";
import { viewerLink } from "./viewer_link.ts";

/**
 * One of the worst objects of an evaluation.
 *
 * @category Evaluation
 */
export interface WorstObject {
  /** What became of it. */
  readonly kind: MatchKind;
  /** The slide's name. */
  readonly slide: string;
  /** The center of its bounding box, in level-0 pixels. */
  readonly x: number;
  /** The center of its bounding box, in level-0 pixels. */
  readonly y: number;
  /** Area in pixels: of a miss, that of the labeled object. */
  readonly areaPx: number;
  /** Area in µm², if the scale is known. */
  readonly areaUm2?: number;
  /** Of a hit, intersection over union. */
  readonly iou?: number;
  /** Mean predicted probability in it, if known. */
  readonly probability?: number;
  /** Its class, if there are several. */
  readonly class?: string;
  /** The slide around it. */
  readonly picture: {
    /** Side in level-0 pixels. */
    readonly side: number;
    /** Side in pixels of the picture. */
    readonly size: number;
    /** A data URL. */
    readonly photo: string;
    /** Data of an SVG path: its outline. */
    readonly path: string;
    /** Of a hit, the outline of the label. */
    readonly labelPath?: string;
  };
}

const ABOUT: { readonly [K in MatchKind]: string } = {
  hit: "lowest intersection over union; the dashed outline is the label's",
  miss: "largest labeled area",
  falseAlarm: "largest area times mean probability, if that is known",
};

/** Pixels of the screen that a linked object's surroundings take in the viewer. */
const WINDOW = 500;

/** Strips of small pictures, each with a link to its place in the viewer; nothing if there are no objects. */
export function matchStrips(
  worst: readonly WorstObject[],
): Markup[] {
  return MATCH_KINDS.flatMap((kind) => {
    const objects = worst.filter((one) => one.kind === kind);
    if (objects.length === 0) return [];
    return markup`<section class="card wide"><h2>${lineSample(kind)} Worst ${
      MATCH_STYLES[kind].plural.toLowerCase()
    }: ${ABOUT[kind]}</h2><ul class="strip">${objects.map(item)}</ul></section>
`;
  });
}

function item(object: WorstObject): Markup {
  const { slide, x, y, kind, iou, probability, areaPx, areaUm2 } = object;
  const { side, size, photo, path, labelPath } = object.picture;
  const zoom = Math.min(2, WINDOW / side);
  const lines = [
    areaUm2 === undefined ? `${formatCount(areaPx)} px` : formatArea(areaUm2),
    ...iou === undefined ? [] : [`IoU ${iou.toFixed(3)}`],
    ...probability === undefined
      ? []
      : [`probability ${probability.toFixed(3)}`],
    ...object.class === undefined ? [] : [object.class],
  ];
  const outline = (d: string, kind: MatchKind) =>
    markup`<path class="halo" d="${d}"/><path d="${d}" ${strokeOf(kind)}/>`;
  return markup`<li><a href="${
    viewerLink({ slide, x, y, zoom })
  }"><span class="crop"><img alt="" src="${photo}"><svg class="matches" viewBox="0 0 ${size} ${size}" aria-hidden="true">${
    labelPath === undefined ? undefined : outline(labelPath, "miss")
  }${outline(path, kind)}</svg></span><span class="caption">${
    lines.join(", ")
  }<br><span class="quiet">${slide}</span></span></a></li>`;
}
