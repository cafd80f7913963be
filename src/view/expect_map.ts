import { cannot, reasonOf } from "../errors/cannot.ts";
import type { LayerSource } from "./deep_zoom.ts";

/** Patches per side that are looked at, and pixels of their sides. */
const PATCHES = 6, SIDE = 256;

/**
 * Looks at patches all over the coarsest level of a mask or a probability map, so that a slide in its place is refused before
 * the page opens, and not tile by tile.
 *
 * @throws {TypeError} If it has colors.
 */
export async function expectMap(
  map: LayerSource,
  { id, file, signal }: {
    readonly id: "probability" | "mask";
    readonly file: string;
    readonly signal?: AbortSignal;
  },
): Promise<void> {
  const { width, height } = map.levels.at(-1)!;
  const level = map.levels.length - 1;
  for (const y of startsOf(height)) {
    for (const x of startsOf(width)) {
      const region = {
        ...{ x, y },
        width: Math.min(SIDE, width),
        height: Math.min(SIDE, height),
      };
      // Masks refuse colors themselves.
      const pixels = await map.readRegion(region, { level, signal })
        .catch((cause) => {
          signal?.throwIfAborted();
          throw refuse(reasonOf(cause), cause);
        });
      for (let i = 0; i < pixels.length; i += 3) {
        if (pixels[i] === pixels[i + 1] && pixels[i] === pixels[i + 2]) {
          continue;
        }
        throw refuse(
          "it has colors, like a slide: a probability map is gray, 0 to 255 for 0 to 1, like NAME.probability.tif",
        );
      }
    }
  }

  function refuse(reason: string, cause?: unknown): Error {
    return cannot(`show ${id} "${file}"`, reason, { kind: TypeError, cause });
  }
}

/** Where patches begin along a side: at its ends, and evenly between. */
function startsOf(length: number): number[] {
  const room = Math.max(0, length - SIDE);
  const count = Math.min(PATCHES, Math.ceil(room / SIDE) + 1);
  return Array.from(
    { length: count },
    (_, i) => Math.round(room * i / Math.max(1, count - 1)),
  );
}
