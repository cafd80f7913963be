/** The port of `tilewise view`, so that pages in files can link into it. */
export const VIEWER_PORT = 8473;

/** A place of a slide, as the viewer's address has it. */
export interface ViewerPlace {
  /** The slide's name. */
  readonly slide: string;
  /** Column of level 0 in the center of the window. */
  readonly x: number;
  /** Row of level 0 in the center. */
  readonly y: number;
  /** Pixels of the screen per level-0 pixel. */
  readonly zoom: number;
}

/** The address of a place in the viewer of this machine: it works while `tilewise view` runs. */
export function viewerLink({ slide, x, y, zoom }: ViewerPlace): string {
  const name = encodeURIComponent(slide.toWellFormed());
  const place = `x=${Math.round(x)}&y=${Math.round(y)}`;
  const scale = Number(zoom.toPrecision(3));
  return `http://127.0.0.1:${VIEWER_PORT}/#slide=${name}&${place}&zoom=${scale}`;
}
