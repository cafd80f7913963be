/** Green: stains are pink, purple and blue, glass is white, and pen marks aside nothing on a slide is like it. */
const FILL = [0, 230, 90];
/** The line, and the rim outside of it that sets it off from what is light. */
const LINE = [0, 255, 70], RIM = [0, 40, 20];
const OPACITY = 0.18;

/**
 * Draws a mask over an RGB picture, in place: a translucent fill, a bright line inside its edge, a dark rim outside.
 *
 * @param picture The picture, RGB row by row.
 * @param coverage Share of each pixel that the mask covers, 0 to 255. Whatever it touches lies within the line, so that
 * small objects are seen too.
 */
export function drawOutline(
  picture: {
    readonly width: number;
    readonly height: number;
    readonly data: Uint8Array;
  },
  coverage: Uint8Array,
): void {
  const { width, height, data } = picture;
  const inside = coverage.map((value) => value > 0 ? 1 : 0);
  const outside = inside.map((value) => 1 - value);
  // Two pixels at a thousand; no more than three, for a glomerulus of a large slide is but some fifteen wide.
  const thickness = Math.min(
    3,
    Math.max(1, Math.round(Math.max(width, height) / 500)),
  );
  const line = edgeOf(inside, { width, height, thickness });
  const rim = edgeOf(outside, {
    width,
    height,
    thickness: 1,
  });
  for (let at = 0; at < inside.length; at++) {
    if (line[at]) blend(data, at * 3, LINE, 1);
    else if (rim[at]) blend(data, at * 3, RIM, 0.75);
    else if (inside[at]) {
      blend(data, at * 3, FILL, OPACITY * coverage[at] / 255);
    }
  }
}

function blend(
  data: Uint8Array,
  at: number,
  colour: readonly number[],
  opacity: number,
): void {
  for (let k = 0; k < 3; k++) {
    data[at + k] = Math.round(
      data[at + k] * (1 - opacity) + colour[k] * opacity,
    );
  }
}

/** The pixels of a region that lie within `thickness` of one that is not in it; the picture's border is no edge. */
function edgeOf(
  region: Uint8Array,
  options: {
    readonly width: number;
    readonly height: number;
    readonly thickness: number;
  },
): Uint8Array {
  const { width, height, thickness } = options;
  const edge = new Uint8Array(region.length);
  for (let layer = 1; layer <= thickness; layer++) {
    const isOut = (at: number): boolean =>
      region[at] === 0 || edge[at] > 0 && edge[at] < layer;
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at++) {
        if (region[at] === 0 || edge[at] > 0) continue;
        if (
          x > 0 && isOut(at - 1) || x + 1 < width && isOut(at + 1) ||
          y > 0 && isOut(at - width) || y + 1 < height && isOut(at + width)
        ) edge[at] = layer;
      }
    }
  }
  return edge;
}
