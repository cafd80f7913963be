/** Green: stains are pink, purple and blue, glass is white, and pen marks aside nothing on a slide is like it. */
const FILL = [0, 230, 90];
/** The line, and the rim outside of it that sets it off from what is light. */
const LINE = [0, 255, 70], RIM = [0, 40, 20];
const OPACITY = 0.18;

/**
 * Makes a layer of RGBA pixels that shows a mask: a translucent fill, a bright line inside its edge, a dark rim outside.
 *
 * @param coverage Share of each pixel that the mask covers, 0 to 255. Whatever it touches lies within the line, so that
 * small objects are seen too.
 */
export function drawOutline(
  coverage: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
): Uint8Array {
  // Two pixels at a thousand; no more than three, for a glomerulus of a large slide is but some fifteen wide.
  const thickness = Math.min(
    3,
    Math.max(1, Math.round(Math.max(width, height) / 500)),
  );
  const size = { width, height };
  const line = edgeOf(coverage, { ...size, inside: true, thickness });
  const rim = edgeOf(coverage, { ...size, inside: false, thickness: 1 });
  const layer = new Uint8Array(coverage.length * 4);
  for (let at = 0; at < coverage.length; at++) {
    if (line[at]) put(layer, at, LINE, 1);
    else if (rim[at]) put(layer, at, RIM, 0.75);
    else if (coverage[at]) put(layer, at, FILL, OPACITY * coverage[at] / 255);
  }
  return layer;
}

/** Puts a layer of RGBA pixels over RGB ones, in place. */
export function drawLayer(picture: Uint8Array, layer: Uint8Array): void {
  for (let at = 0, from = 0; from < layer.length; at += 3, from += 4) {
    const opacity = layer[from + 3] / 255;
    if (opacity === 0) continue;
    for (let k = 0; k < 3; k++) {
      picture[at + k] = Math.round(
        picture[at + k] * (1 - opacity) + layer[from + k] * opacity,
      );
    }
  }
}

function put(
  layer: Uint8Array,
  at: number,
  colour: readonly number[],
  opacity: number,
): void {
  layer.set(colour, at * 4);
  layer[at * 4 + 3] = Math.round(opacity * 255);
}

/**
 * The pixels inside of what is covered, or outside, that lie within `thickness` of one of the others; the picture's border is
 * no edge.
 */
function edgeOf(
  coverage: Uint8Array,
  options: {
    readonly inside: boolean;
    readonly width: number;
    readonly height: number;
    readonly thickness: number;
  },
): Uint8Array {
  const { width, height, inside, thickness } = options;
  const edge = new Uint8Array(coverage.length);
  for (let layer = 1; layer <= thickness; layer++) {
    const isOut = (at: number): boolean =>
      (coverage[at] > 0) !== inside || edge[at] > 0 && edge[at] < layer;
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at++) {
        if ((coverage[at] > 0) !== inside || edge[at] > 0) continue;
        if (
          x > 0 && isOut(at - 1) || x + 1 < width && isOut(at + 1) ||
          y > 0 && isOut(at - width) || y + 1 < height && isOut(at + width)
        ) edge[at] = layer;
      }
    }
  }
  return edge;
}
