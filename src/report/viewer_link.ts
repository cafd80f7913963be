/** The port of `tilewise view`, so that pages in files can link into it. */
export const VIEWER_PORT = 8473;

/** A place of a slide, as the viewer's address has it. */
export interface ViewerPlace {
  /** The slide's name, or `FOLDER/NAME`. */
  readonly slide: string;
  /** Column of level 0 in the center of the window. Default: the whole slide is shown. */
  readonly x?: number;
  /** Row of level 0 in the center. */
  readonly y?: number;
  /** Pixels of the screen per level-0 pixel. */
  readonly zoom?: number;
}

/** The address of a place in the viewer of this machine: it works while `tilewise view` runs. */
export function viewerLink({ slide, x, y, zoom }: ViewerPlace): string {
  const place = [
    `slide=${encodeURIComponent(slide.toWellFormed())}`,
    ...(x === undefined ? [] : [`x=${Math.round(x)}`]),
    ...(y === undefined ? [] : [`y=${Math.round(y)}`]),
    ...(zoom === undefined ? [] : [`zoom=${Number(zoom.toPrecision(3))}`]),
  ];
  return `http://127.0.0.1:${VIEWER_PORT}/#${place.join("&")}`;
}
