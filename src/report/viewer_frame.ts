import { type Content, formatNumber, type Markup, markup } from "./markup.ts";

/** A picture of a slide that zooms and pans: pages/report/main.ts brings it to life. */
export function viewerFrame(
  { width, height, scale, mpp, label, stage, tools }: {
    /** The picture's width in pixels. */
    readonly width: number;
    /** The picture's height in pixels. */
    readonly height: number;
    /** Slide pixels per picture pixel. */
    readonly scale: number;
    /** Micrometers per slide pixel, if known. */
    readonly mpp?: { readonly x: number };
    /** What it shows. */
    readonly label: string;
    /** The pictures, one above the other. */
    readonly stage: Markup;
    /** Controls after the buttons. */
    readonly tools: Content;
  },
): Markup {
  const micrometers = mpp ? mpp.x * scale : 0;
  return markup`<div class="viewer" tabindex="0" role="group" aria-label="${label}; keys + − 0 and arrows" data-width="${width}" data-height="${height}" data-micrometers="${micrometers}" style="aspect-ratio: ${width} / ${height}">
<div class="stage">${stage}</div><div class="scalebar" hidden><i></i><span></span></div></div>
<div class="tools"><button type="button" data-action="in" aria-label="Zoom in">+</button><button type="button" data-action="out" aria-label="Zoom out">−</button><button type="button" data-action="fit">Fit</button><label>Outlines <input type="range" min="0" max="100" value="100"></label>${tools}<span class="quiet">picture at 1 : ${
    formatNumber(scale)
  }</span></div>`;
}
