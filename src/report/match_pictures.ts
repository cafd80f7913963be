import type { MatchKind } from "../evaluate/object_matcher.ts";
import { formatCount, type Markup, markup } from "./markup.ts";
import {
  lineSample,
  MATCH_KINDS,
  MATCH_STYLES,
  strokeOf,
} from "./match_kinds.ts";
import { viewerFrame } from "./viewer_frame.ts";

/**
 * The outlines of one kind of match, over a picture.
 *
 * @category Evaluation
 */
export interface MatchOutlines {
  /** Objects of the kind. */
  readonly count: number;
  /** Those of them whose outlines are drawn, the largest. */
  readonly drawn: number;
  /** Data of an SVG path, in pixels of the picture. */
  readonly path: string;
}

/**
 * A reduced picture of a slide, and what became of its objects.
 *
 * @category Evaluation
 */
export interface MatchPicture {
  /** The slide's name. */
  readonly name: string;
  /** Its Dice. */
  readonly dice: number;
  /** The picture's width in pixels. */
  readonly width: number;
  /** The picture's height in pixels. */
  readonly height: number;
  /** Slide pixels per picture pixel. */
  readonly scale: number;
  /** Micrometers per slide pixel, if known. */
  readonly mpp?: { readonly x: number; readonly y: number };
  /** The slide as a data URL. */
  readonly slide: string;
  /** The outlines of each kind. */
  readonly outlines: { readonly [K in MatchKind]: MatchOutlines };
}

/** A slide with the outlines of hits, misses and false alarms; `index` sets it apart from others on the page. */
export function matchCard(picture: MatchPicture, index: number): Markup {
  const { name, dice, width, height, outlines } = picture;
  const groups = MATCH_KINDS.map((kind) => {
    const id = `matches-${index}-${kind}`;
    return markup`<g data-kind="${kind}"><defs><path id="${id}" d="${
      outlines[kind].path
    }"/></defs><use class="halo" href="#${id}"/><use href="#${id}" ${
      strokeOf(kind)
    }/></g>`;
  });
  const switches = MATCH_KINDS.map((kind) =>
    markup`<label><input type="checkbox" checked data-kind="${kind}">${
      lineSample(kind)
    }${MATCH_STYLES[kind].plural} ${formatCount(outlines[kind].count)}</label>`
  );
  const few = MATCH_KINDS.filter((kind) =>
    outlines[kind].drawn < outlines[kind].count
  ).map((kind) =>
    `the ${formatCount(outlines[kind].drawn)} largest of ${
      formatCount(outlines[kind].count)
    } ${MATCH_STYLES[kind].plural.toLowerCase()}`
  );
  return markup`<section class="card wide"><h2>${name}: Dice ${
    dice.toFixed(4)
  }</h2>
${
    viewerFrame({
      ...picture,
      label: `${name} with outlines of hits, misses and false alarms`,
      stage: markup`<img alt="${name}" draggable="false" src="${picture.slide}">
<svg class="outlines matches" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="Outlines">${groups}</svg>`,
      tools: switches,
    })
  }${
    few.length === 0
      ? undefined
      : markup`<p class="quiet">Drawn are ${
        few.join(", ")
      }; ${`${name}.matches.geojson`} has all.</p>`
  }
</section>
`;
}
