import { type Corner, isSame, keyOf, type Side, turn } from "./snap_round.ts";

type Loop = readonly Corner[];

/**
 * Makes polygons of the boundary of an area: each is an outer ring and its holes, none of which meets a corner twice, and its
 * inside is connected.
 *
 * Where several sides leave a corner, the next one is that which bounds the same part of the inside. What comes back to a
 * corner is cut off there as a ring of its own.
 *
 * @param boundary Sides that meet at their ends alone, with the inside where `turn()` is positive.
 */
export function simplePolygons(boundary: readonly Side[]): Corner[][][] {
  const sides = new Map<string, Side[]>();
  for (const side of boundary) {
    const key = keyOf(side.from);
    const list = sides.get(key);
    if (list) list.push(side);
    else sides.set(key, [side]);
  }
  // Rings that touch there must both have the corner: steps are no binary fractions, and would not quite lie on a side.
  const shared = new Set(
    [...sides].filter(([, list]) => list.length > 1).map(([key]) => key),
  );
  const rings: Corner[][] = [];
  for (const list of sides.values()) {
    while (list.length > 0) {
      const cut = cutAtCorners(follow(sides, list[0].from));
      for (const ring of cut) {
        const corners = withoutStraight(ring, shared);
        if (corners.length >= 3) rings.push(fromFirst(corners));
      }
    }
  }
  return nest(rings.sort(([a], [b]) => compare(a, b)));
}

/** The same ring, always from the same corner on. */
function fromFirst(ring: readonly Corner[]): Corner[] {
  const first = ring.reduce((a, b) => compare(b, a) < 0 ? b : a);
  const place = ring.indexOf(first);
  return [...ring.slice(place), ...ring.slice(0, place)];
}

function compare(a: Corner, b: Corner): number {
  return a.y - b.y || a.x - b.x;
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
  return rings;
}

/** Leaves out corners within a straight side, but for shared ones. */
function withoutStraight(
  ring: readonly Corner[],
  shared: ReadonlySet<string>,
): Corner[] {
  return ring.filter((corner, i) =>
    turn(ring.at(i - 1)!, corner, ring[(i + 1) % ring.length]) !== 0 ||
    shared.has(keyOf(corner))
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
