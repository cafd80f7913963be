/** A corner, in whole steps. */
export interface Corner {
  readonly x: number;
  readonly y: number;
}

/** A closed outline; the last corner is not the first. */
type Loop = readonly Corner[];

/**
 * Makes polygons of outlines that do not cross but may touch: each is an outer ring and its holes, none of which meets a
 * corner twice, and its inside is connected.
 *
 * Corners that lie on a side cut it. Then the outlines are followed anew: where several meet, the next side is the one that
 * bounds the same part of the inside. What comes back to a corner is cut off there as a ring of its own.
 *
 * @param outlines The inside is on the same hand of all: outer ones have a positive area, holes a negative one.
 */
export function simplePolygons(outlines: readonly Loop[]): Corner[][][] {
  const sides = sidesOf(outlines);
  const rings: Corner[][] = [];
  for (const list of sides.values()) {
    while (list.length > 0) {
      rings.push(...cutAtCorners(follow(sides, list[0].from)));
    }
  }
  return nest(rings);
}

/** A side and its other end. */
interface Side {
  readonly from: Corner;
  readonly to: Corner;
}

const keyOf = ({ x, y }: Corner): string => `${x},${y}`;

/** The sides that leave each corner; where two run to and fro between the same corners, neither bounds anything. */
function sidesOf(outlines: readonly Loop[]): Map<string, Side[]> {
  const corners = outlines.flat().sort((a, b) => a.x - b.x);
  const sides = new Map<string, Side[]>();
  const cut = outlines.flatMap((loop) =>
    loop.flatMap((from, i) => {
      const to = loop[(i + 1) % loop.length];
      const within = cornersWithin({ from, to }, corners);
      return [from, ...within].map((corner, j) => ({
        from: corner,
        to: within[j] ?? to,
      }));
    })
  );
  for (const side of cut) {
    const back = sides.get(keyOf(side.to)) ?? [];
    const opposite = back.findIndex(({ to }) => isSame(to, side.from));
    if (opposite >= 0) back.splice(opposite, 1);
    else {
      const key = keyOf(side.from);
      const list = sides.get(key);
      if (list) list.push(side);
      else sides.set(key, [side]);
    }
  }
  for (const [key, list] of sides) if (list.length === 0) sides.delete(key);
  return sides;
}

/** The corners on a side, between its ends, in its direction. */
function cornersWithin({ from, to }: Side, corners: Loop): Corner[] {
  const left = Math.min(from.x, to.x), right = Math.max(from.x, to.x);
  const top = Math.min(from.y, to.y), bottom = Math.max(from.y, to.y);
  const found: Corner[] = [];
  for (let i = firstFrom(corners, left); corners[i]?.x <= right; i++) {
    const corner = corners[i];
    if (corner.y < top || corner.y > bottom) continue;
    if (isSame(corner, from) || isSame(corner, to)) continue;
    if (turn(from, to, corner) === 0) found.push(corner);
  }
  const along = (one: Corner) =>
    Math.abs(one.x - from.x) + Math.abs(one.y - from.y);
  return found.sort((a, b) => along(a) - along(b))
    .filter((one, i) => i === 0 || !isSame(one, found[i - 1]));
}

/** The first of the corners, sorted by x, that is not left of `x`. */
function firstFrom(corners: Loop, x: number): number {
  let low = 0, high = corners.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (corners[middle].x < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isSame(one: Corner, other: Corner): boolean {
  return one.x === other.x && one.y === other.y;
}

/** Positive if `c` is on the hand of the inside of a side from `a` to `b`. */
function turn(a: Corner, b: Corner, c: Corner): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/** Takes the sides from a corner until they come back to where they began. */
function follow(sides: ReadonlyMap<string, Side[]>, start: Corner): Corner[] {
  const walk: Corner[] = [];
  const begin = sides.get(keyOf(start))!.pop()!;
  for (let side = begin;;) {
    walk.push(side.from);
    const next = sides.get(keyOf(side.to)) ?? [];
    // The outline is closed when it would go on with the side it began with.
    const choices = isSame(side.to, begin.from) ? [...next, begin] : next;
    const best = nextSide(side, choices);
    if (best === begin || best === undefined) return walk;
    next.splice(next.indexOf(best), 1);
    side = best;
  }
}

/** The side that comes first when one looks back along the side just taken and turns over the inside. */
function nextSide(
  { from, to }: Side,
  choices: readonly Side[],
): Side | undefined {
  if (choices.length < 2) return choices[0];
  const back = Math.atan2(from.y - to.y, from.x - to.x);
  const angle = ({ to: end }: Side) => {
    const turned = back - Math.atan2(end.y - to.y, end.x - to.x);
    return turned <= 0 ? turned + 2 * Math.PI : turned;
  };
  return choices.reduce((a, b) => angle(b) < angle(a) ? b : a);
}

/** Cuts a walk into rings that meet no corner twice. */
function cutAtCorners(walk: readonly Corner[]): Corner[][] {
  const rings: Corner[][] = [];
  const open: Corner[] = [];
  const places = new Map<string, number>();
  for (const corner of walk) {
    const place = places.get(keyOf(corner));
    if (place !== undefined) {
      const ring = open.splice(place);
      for (const one of ring) places.delete(keyOf(one));
      rings.push(ring);
    }
    places.set(keyOf(corner), open.length);
    open.push(corner);
  }
  rings.push(open);
  return rings.map(withoutStraight).filter(({ length }) => length >= 3);
}

/** Leaves out corners within a straight side. */
function withoutStraight(ring: readonly Corner[]): Corner[] {
  return ring.filter((corner, i) =>
    turn(ring.at(i - 1)!, corner, ring[(i + 1) % ring.length]) !== 0
  );
}

/** Puts each hole into the smallest outer ring around it. */
function nest(rings: readonly Corner[][]): Corner[][][] {
  const sized = rings.map((ring) => ({ ring, area: areaOf(ring) }));
  const polygons = sized.filter(({ area }) => area > 0)
    .sort((a, b) => a.area - b.area)
    .map(({ ring }) => ({ rings: [ring], box: boxOf(ring) }));
  for (const { ring, area } of sized) {
    if (area >= 0) continue;
    const box = boxOf(ring);
    polygons.find((polygon) =>
      polygon.box.left <= box.left && polygon.box.right >= box.right &&
      polygon.box.top <= box.top && polygon.box.bottom >= box.bottom &&
      isWithin(ring, polygon.rings[0])
    )?.rings.push(ring);
  }
  return polygons.map(({ rings }) => rings).reverse();
}

function areaOf(ring: Loop): number {
  const [{ x, y }] = ring;
  let twice = 0;
  for (let i = 1; i < ring.length - 1; i++) {
    twice += (ring[i].x - x) * (ring[i + 1].y - y) -
      (ring[i].y - y) * (ring[i + 1].x - x);
  }
  return twice / 2;
}

function boxOf(ring: Loop) {
  const box = {
    left: Infinity,
    top: Infinity,
    right: -Infinity,
    bottom: -Infinity,
  };
  for (const { x, y } of ring) {
    if (x < box.left) box.left = x;
    if (x > box.right) box.right = x;
    if (y < box.top) box.top = y;
    if (y > box.bottom) box.bottom = y;
  }
  return box;
}

/** Whether a ring that crosses no side of `outer` is within it; corners of the one that lie on the other say nothing. */
function isWithin(ring: Loop, outer: Loop): boolean {
  for (let i = 0; i < ring.length; i++) {
    const corner = ring[i];
    const next = ring[(i + 1) % ring.length];
    const middle = {
      x: (corner.x + next.x) / 2,
      y: (corner.y + next.y) / 2,
    };
    for (const point of [corner, middle]) {
      const side = sideOf(point, outer);
      if (side !== 0) return side > 0;
    }
  }
  return false;
}

/** 1 inside, -1 outside, 0 on the outline. */
function sideOf(point: Corner, ring: Loop): number {
  let inside = -1;
  for (let i = 0; i < ring.length; i++) {
    const a = ring[i], b = ring[(i + 1) % ring.length];
    const side = turn(a, b, point);
    if (
      side === 0 && Math.min(a.x, b.x) <= point.x &&
      point.x <= Math.max(a.x, b.x) && Math.min(a.y, b.y) <= point.y &&
      point.y <= Math.max(a.y, b.y)
    ) return 0;
    if ((a.y > point.y) !== (b.y > point.y) && (side > 0) === (b.y > a.y)) {
      inside = -inside;
    }
  }
  return inside;
}
