import { chance } from "./hash.ts";
import type { Tissue } from "./tissue.ts";

/** Entries of a {@linkcode RoundObject} outline; one more repeats the first. */
export const outlineSteps = 128;

/** A glomerulus or a blood vessel, placed before any pixel is made. */
export interface RoundObject {
  readonly kind: "glomerulus" | "vessel";
  /** A number of its own, to draw its details from. */
  readonly seed: number;
  /** Center in level-0 pixels. */
  readonly x: number;
  readonly y: number;
  /** Mean radius in pixels. */
  readonly radius: number;
  /** Outer radius (capsule, wall) by angle, `outlineSteps + 1` entries. */
  readonly outer: Float32Array;
  /** Center of the tuft or lumen. */
  readonly innerX: number;
  readonly innerY: number;
  /** Radius of the tuft or lumen by angle. */
  readonly inner: Float32Array;
  /** How much matrix replaces capillaries, or how much blood fills a vessel; 0..1. */
  readonly filled: number;
  /** Thickness of a vessel's wall; width of Bowman's space, in pixels. */
  readonly gap: number;
}

const bucket = 512;

/** The glomeruli and vessels of a slide, found by position. */
export class RoundObjects {
  readonly all: RoundObject[] = [];
  readonly #buckets = new Map<string, RoundObject[]>();

  constructor(seed: number, width: number, height: number, tissue: Tissue) {
    const base = seed ^ 0x0b7ec7;
    const scatter = (
      kind: RoundObject["kind"],
      pitch: number,
      share: (x: number, y: number) => number,
      radius: (u: number) => number,
    ): void => {
      const salt = kind === "vessel" ? base ^ 0x77 : base;
      for (let j = 0; j * pitch < height; j++) {
        for (let i = 0; i * pitch < width; i++) {
          const x = (i + 0.5 + 0.7 * (chance(salt, i, j) - 0.5)) * pitch;
          const y = (j + 0.5 + 0.7 * (chance(salt ^ 1, i, j) - 0.5)) * pitch;
          const r = radius(chance(salt ^ 2, i, j));
          if (chance(salt ^ 3, i, j) > share(x, y)) continue;
          if (tissue.depth(x, y) < 1.15 * r + 10) continue;
          this.#add(roundObject(kind, salt + 7919 * i + 104729 * j, x, y, r));
        }
      }
    };
    scatter("glomerulus", 320, tissue.cortex, (u) => 46 + 56 * u);
    if (this.all.length === 0) {
      const depth = tissue.depth(width / 2, height / 2);
      const r = Math.max(4, Math.min(70, 0.7 * depth));
      this.#add(roundObject("glomerulus", base, width / 2, height / 2, r));
    }
    scatter("vessel", 520, () => 0.6, (u) => 20 + 58 * u * u);
  }

  /** The objects whose surroundings reach into a square block. */
  near(x: number, y: number, side: number): RoundObject[] {
    const found = this.#buckets.get(key(x, y));
    if (!found) return [];
    const half = side / 2;
    return found.filter((object) =>
      Math.hypot(object.x - x - half, object.y - y - half) <
        1.3 * object.radius + side + 24
    );
  }

  #add(object: RoundObject): void {
    const reach = 1.3 * object.radius + 64;
    for (const other of this.near(object.x, object.y, 2 * object.radius)) {
      const distance = Math.hypot(other.x - object.x, other.y - object.y);
      if (distance < 1.2 * (other.radius + object.radius) + 8) return;
    }
    this.all.push(object);
    const x0 = Math.floor((object.x - reach) / bucket);
    const x1 = Math.floor((object.x + reach) / bucket);
    const y0 = Math.floor((object.y - reach) / bucket);
    const y1 = Math.floor((object.y + reach) / bucket);
    for (let j = y0; j <= y1; j++) {
      for (let i = x0; i <= x1; i++) {
        const list = this.#buckets.get(`${i},${j}`);
        if (list) list.push(object);
        else this.#buckets.set(`${i},${j}`, [object]);
      }
    }
  }
}

function key(x: number, y: number): string {
  return `${Math.floor(x / bucket)},${Math.floor(y / bucket)}`;
}

function roundObject(
  kind: RoundObject["kind"],
  seed: number,
  x: number,
  y: number,
  radius: number,
): RoundObject {
  const draw = (index: number): number => chance(seed, index, 0x9a);
  const turn = 2 * Math.PI * draw(0);
  const glomerulus = kind === "glomerulus";
  const oval = glomerulus ? 0.09 * draw(1) : 0.02 + 0.26 * draw(1) ** 2;
  const outer = outline((angle) =>
    radius *
    (1 + oval * Math.cos(2 * (angle - turn)) +
      0.045 * Math.cos(3 * angle + 6 * draw(2)) * draw(3) +
      0.03 * Math.cos(5 * angle + 6 * draw(4)) * draw(5))
  );
  const scarred = draw(6) < 0.07 ? 0.25 + 0.5 * draw(7) : 0;
  const gap = glomerulus
    ? radius * (scarred > 0 ? 0.05 : 0.07 + 0.12 * draw(8))
    : Math.max(6, radius * (0.22 + 0.28 * draw(8)));
  const shift = glomerulus ? 0.7 * gap : 0.15 * gap;
  const lobes = 4 + Math.floor(5 * draw(9));
  const inner = outline((angle) => {
    const ellipse = 1 + oval * Math.cos(2 * (angle - turn));
    if (!glomerulus) {
      const fold = 0.05 * Math.cos(9 * angle + 5 * draw(10)) +
        0.04 * Math.cos(14 * angle + 5 * draw(11));
      return (radius - gap) * (ellipse + fold);
    }
    const wave = Math.abs(Math.sin((lobes * angle) / 2 + 6 * draw(10)));
    const lobe = 0.05 - 0.1 * Math.max(0, 1 - wave * 2.2) +
      0.03 * Math.cos(11 * angle + 6 * draw(11));
    return (radius - gap) * (ellipse + lobe);
  });
  return {
    kind,
    seed,
    x,
    y,
    radius,
    outer,
    innerX: x + shift * Math.cos(turn + 1),
    innerY: y + shift * Math.sin(turn + 1),
    inner,
    filled: glomerulus ? scarred : draw(12) < 0.4 ? 0.3 + 0.6 * draw(13) : 0,
    gap,
  };
}

function outline(radius: (angle: number) => number): Float32Array {
  return Float32Array.from(
    { length: outlineSteps + 1 },
    (_, i) => radius((2 * Math.PI * (i % outlineSteps)) / outlineSteps),
  );
}
