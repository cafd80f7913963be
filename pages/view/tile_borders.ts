import type OpenSeadragon from "openseadragon";

/** What OpenSeadragon tells before it draws a tile. */
interface TileDrawing {
  readonly tile: OpenSeadragon.Tile;
  readonly context: CanvasRenderingContext2D;
  /** The tile's picture. */
  readonly rendered: CanvasRenderingContext2D;
  readonly tiledImage: OpenSeadragon.TiledImage;
}

/**
 * Draws of each tile what is its own: the pixels of its neighbors around it only serve to interpolate, so that no line shows
 * where tiles meet. Borders are whole pixels of the screen, the same for both tiles.
 */
export function joinTiles(viewer: OpenSeadragon.Viewer): void {
  viewer.addHandler("tile-drawing", (event) => {
    const { tile, context, rendered, tiledImage } =
      event as unknown as TileDrawing;
    const { source } = tiledImage as unknown as {
      source: OpenSeadragon.TileSource;
    };
    const overlap = source.tileOverlap;
    const { position, size } = tile;
    if (!(overlap > 0) || !position || !size) return;
    const tiles = source.getNumTiles(tile.level);
    const { width, height } = rendered.canvas;
    // A turned border need not lie between pixels: both tiles draw those that it meets.
    const more = viewer.viewport.getRotation(true) % 360 === 0 ? 0 : 1;
    const [left, right] = ownSpan({
      ...{ from: position.x, length: size.x, pixels: width },
      ...{ index: tile.x, count: tiles.x, overlap, more },
    });
    const [top, bottom] = ownSpan({
      ...{ from: position.y, length: size.y, pixels: height },
      ...{ index: tile.y, count: tiles.y, overlap, more },
    });
    context.beginPath();
    context.rect(left, top, right - left, bottom - top);
    context.clip();
  });
}

/** Where a tile's own pixels begin and end along an axis, in pixels of the canvas. */
function ownSpan({ from, length, pixels, index, count, overlap, more }: {
  readonly from: number;
  readonly length: number;
  /** The tile's pixels, with those of neighbors. */
  readonly pixels: number;
  readonly index: number;
  readonly count: number;
  readonly overlap: number;
  /** Pixels of the canvas that are drawn beyond the border. */
  readonly more: number;
}): [start: number, end: number] {
  const ratio = devicePixelRatio;
  const border = overlap * length / pixels;
  // Not at the half, where the tiles' rounding errors would decide.
  const whole = (at: number) => Math.round(at * ratio + 1e-3);
  const end = from + length;
  return [
    index === 0 ? Math.floor(from * ratio) : whole(from + border) - more,
    index === count - 1 ? Math.ceil(end * ratio) : whole(end - border) + more,
  ];
}
