/** The parts of a GeoJSON feature that its outline depends on. */
export interface AreaFeature {
  readonly geometry?: {
    readonly type?: unknown;
    readonly coordinates?: unknown;
  } | null;
}

/**
 * Flat rings without the repeated corner: x, y, x, y, … in level-0 pixels.
 *
 * @returns None if the feature is not a polygon; `undefined` if its coordinates are not rings of numbers.
 */
export function ringsOf({ geometry }: AreaFeature): number[][] | undefined {
  const { type, coordinates } = geometry ?? {};
  if (type !== "Polygon" && type !== "MultiPolygon") return [];
  try {
    const polygons = (type === "Polygon" ? [coordinates] : coordinates) as [
      number,
      number,
    ][][][];
    const rings = polygons.flat().map((ring) =>
      ring.slice(0, -1).flatMap(([x, y]) => [x, y])
    );
    return rings.every((ring) => ring.every(Number.isFinite))
      ? rings.filter(({ length }) => length >= 6)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whether rings are the same, point by point. */
export function isSameOutline(
  one: readonly (readonly number[])[],
  other: readonly (readonly number[])[],
): boolean {
  return one.length === other.length &&
    one.every((ring, i) =>
      ring.length === other[i].length &&
      ring.every((value, j) => value === other[i][j])
    );
}

/** Area and length of the sides of rings, of which holes run the other way around. */
export function measureRings(
  rings: readonly (readonly number[])[],
  scale: { readonly x: number; readonly y: number } = { x: 1, y: 1 },
): { area: number; perimeter: number } {
  let twice = 0, perimeter = 0;
  for (const ring of rings) {
    const [x0, y0] = ring;
    for (let i = 0; i < ring.length; i += 2) {
      const next = (i + 2) % ring.length;
      // From a corner of its own, so that no precision is lost far from the slide's origin.
      twice += (ring[i] - x0) * (ring[next + 1] - y0) -
        (ring[next] - x0) * (ring[i + 1] - y0);
      perimeter += Math.hypot(
        (ring[next] - ring[i]) * scale.x,
        (ring[next + 1] - ring[i + 1]) * scale.y,
      );
    }
  }
  return { area: Math.abs(twice / 2) * scale.x * scale.y, perimeter };
}
