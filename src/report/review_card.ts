import type { UncertaintySummary } from "../masks/uncertainty.ts";
import { formatCount, formatUncertain, type Markup, markup } from "./markup.ts";
import { type Cell, NONE, tableOf } from "./score_tables.ts";

/** A slide with what is uncertain about it. */
export interface ReviewedSlide extends UncertaintySummary {
  /** The slide's name. */
  readonly name: string;
}

/** The slides of which something is uncertain, the largest area first: where a correction teaches most. */
export function reviewOrder(
  slides: readonly {
    readonly name: string;
    readonly uncertainty?: UncertaintySummary;
  }[],
): ReviewedSlide[] {
  return slides.flatMap(({ name, uncertainty }) =>
    uncertainty ? [{ name, ...uncertainty }] : []
  ).toSorted((a, b) =>
    (b.areaUm2 ?? b.areaPx) - (a.areaUm2 ?? a.areaPx) || b.objects - a.objects
  );
}

/** A table of the slides whose correction would teach most; none if nothing is known. */
export function reviewCard(
  slides: readonly ReviewedSlide[],
): Markup | undefined {
  if (slides.length === 0) return undefined;
  return markup`<section class="card wide"><h2>Correct next</h2><p class="quiet">Corrections teach most where much is uncertain: the area whose probability is at most 0.1 from the threshold, the area that some networks of an ensemble find and others do not, and objects whose mean probability is nearer to the threshold than to 1.</p>${
    tableOf(
      ["slide"],
      ["uncertain area", "networks disagree", "objects of low probability"],
      slides.map(({ name, objects, areaPx, areaUm2, ...of }) => {
        const { disagreementPx, disagreementUm2 } = of;
        const area = (px: number, um2: number | undefined): Cell => [
          formatUncertain({ areaPx: px, areaUm2: um2 }),
          um2 ?? px,
        ];
        return [[name], [
          area(areaPx, areaUm2),
          disagreementPx === undefined
            ? NONE
            : area(disagreementPx, disagreementUm2),
          [formatCount(objects), objects],
        ]];
      }),
    )
  }</section>
`;
}
