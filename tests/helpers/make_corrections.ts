import {
  ignoredClass,
  KEYS,
  regionClass,
} from "../../src/corrections/correction.ts";

/** A rectangle: left, top, right and bottom edge in pixels. */
export type Box = readonly [
  left: number,
  top: number,
  right: number,
  bottom: number,
];

/** An object of corrections: where it is, what was decided, and its class. */
export interface Correction {
  readonly box: Box;
  readonly state?: string;
  /** Default: none; of a rejected object its former one. */
  readonly name?: string;
}

/** A region that somebody has looked at. */
export function region(...box: Box): Correction {
  return { box, name: regionClass.name };
}

/** The text of a file of corrections. */
export function makeCorrections(
  slide: { name: string; width: number; height: number } | undefined,
  objects: readonly Correction[],
  format: unknown = 1,
): string {
  return JSON.stringify({
    type: "FeatureCollection",
    ...(slide && { tilewise: { slide, format } }),
    features: objects.map(({ box: [x, y, right, bottom], state, name }) => {
      const isRejected = state === "rejected";
      const classification = name === undefined ? undefined : { name };
      return {
        type: "Feature",
        id: crypto.randomUUID(),
        geometry: {
          type: "Polygon",
          coordinates: [
            [[x, y], [right, y], [right, bottom], [x, bottom], [x, y]],
          ],
        },
        properties: {
          objectType: "annotation",
          classification: isRejected ? ignoredClass : classification,
          metadata: state && {
            [KEYS.state]: state,
            ...(isRejected && classification &&
              { [KEYS.class]: JSON.stringify(classification) }),
          },
        },
      };
    }),
  });
}
