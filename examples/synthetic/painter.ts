import type { Dyes, Spot } from "./dyes.ts";
import { noise } from "./noise.ts";
import { outlineRadius } from "./outline_radius.ts";
import { paintGlomerulus } from "./paint_glomerulus.ts";
import { paintVessel } from "./paint_vessel.ts";
import { type RoundObject, RoundObjects } from "./round_objects.ts";
import { type Stain, stain, stainLimit, stainSteps } from "./stain.ts";
import { type Textures, textures, textureSize } from "./textures.ts";
import { type Tissue, tissue } from "./tissue.ts";
import { wallNucleus } from "./wall_nucleus.ts";
import { tubulePitch, Tubules } from "./tubules.ts";

const block = 16;
const wrap = textureSize - 1;
const most = 64;

/** Colors the pixels of one slide, each from its position alone, so that any band of rows can be made by itself. */
export class Painter {
  readonly stain: Stain;
  readonly textures: Textures;
  readonly #tissue: Tissue;
  readonly #objects: RoundObjects;
  readonly #near = new Int32Array(most);
  readonly #signed = new Float64Array(most);
  readonly #corners = new Float64Array(16);
  readonly #spot: Spot = { x: 0, y: 0, wx: 0, wy: 0, deep: 0, grain: 0 };
  #tubules!: Tubules;
  /** Of the pixel in hand. */
  readonly #dyes: Dyes = { pas: 0, nuclei: 0 };

  constructor(
    readonly seed: number,
    readonly width: number,
    readonly height: number,
  ) {
    this.stain = stain(seed);
    this.textures = textures(seed);
    this.#tissue = tissue(seed, width, height);
    this.#objects = new RoundObjects(seed, width, height, this.#tissue);
  }

  /**
   * Colors rows `y` to `y + rows` with one column more on each side: sharp RGB, and 1 in glomeruli, 2 in vessels,
   * `(width + 2) * rows` pixels.
   */
  paint(y: number, rows: number, rgb: Uint8Array, mask: Uint8Array): void {
    const firstRow = Math.floor((y - 32) / tubulePitch) - 3;
    const lastRow = Math.floor((y + rows + 32) / tubulePitch) + 3;
    this.#tubules = new Tubules(
      this.seed,
      this.width,
      firstRow,
      lastRow - firstRow + 1,
      this.#objects,
    );
    for (let by = Math.floor(y / block) * block; by < y + rows; by += block) {
      for (let bx = -block; bx <= this.width; bx += block) {
        this.#paintBlock(bx, by, y, rows, rgb, mask);
      }
    }
  }

  #paintBlock(
    bx: number,
    by: number,
    top: number,
    rows: number,
    rgb: Uint8Array,
    mask: Uint8Array,
  ): void {
    const x0 = Math.max(bx, -1);
    const x1 = Math.min(bx + block, this.width + 1);
    const y0 = Math.max(by, top);
    const y1 = Math.min(by + block, top + rows);
    if (x0 >= x1) return;
    const stride = this.width + 2;
    const { table } = this.stain;
    const scale = stainSteps / stainLimit;
    const dyes = this.#dyes;
    const corners = this.#corners;
    this.#measure(bx, by);
    const blank = Math.max(corners[0], corners[1], corners[2], corners[3]) <
      -20;
    const near = blank ? 0 : this.#findTubules(bx, by);
    const objects = blank ? [] : this.#objects.near(bx, by, block);
    const strength = this.#tissue.strength(bx + block / 2, by + block / 2);
    for (let y = y0; y < y1; y++) {
      const v = (y - by) / block;
      let at = (y - top) * stride + x0 + 1;
      for (let x = x0; x < x1; x++, at++) {
        dyes.pas = 0.01;
        dyes.nuclei = 0;
        mask[at] = 0;
        if (!blank) {
          mask[at] = this.#paintPixel(x, y, (x - bx) / block, v, near, objects);
        }
        const p = Math.max(0, dyes.pas) * strength * scale;
        const n = Math.max(0, dyes.nuclei) * scale;
        const entry = 3 * (
          Math.min(stainSteps - 1, p | 0) * stainSteps +
          Math.min(stainSteps - 1, n | 0)
        );
        rgb[3 * at] = table[entry];
        rgb[3 * at + 1] = table[entry + 1];
        rgb[3 * at + 2] = table[entry + 2];
      }
    }
  }

  /** Takes the slow fields at the block's corners: depth in the tissue, warp in x and y, inflammation. */
  #measure(bx: number, by: number): void {
    const seed = this.seed ^ 0x3a57;
    for (let corner = 0; corner < 4; corner++) {
      const x = bx + (corner & 1) * block;
      const y = by + (corner >> 1) * block;
      this.#corners[corner] = this.#tissue.depth(x, y);
      this.#corners[4 + corner] = 7 * noise(seed, x / 64, y / 64);
      this.#corners[8 + corner] = 7 * noise(seed ^ 1, x / 64, y / 64);
      this.#corners[12 + corner] = this.#tissue.inflamed(x, y);
    }
  }

  #field(index: number, u: number, v: number): number {
    const c = this.#corners;
    const top = c[index] + (c[index + 1] - c[index]) * u;
    const low = c[index + 2] + (c[index + 3] - c[index + 2]) * u;
    return top + (low - top) * v;
  }

  /** Lists the tubules that can touch a block, and returns how many. */
  #findTubules(bx: number, by: number): number {
    const { data } = this.#tubules;
    const x = bx + block / 2 + this.#field(4, 0.5, 0.5);
    const y = by + block / 2 + this.#field(8, 0.5, 0.5);
    const column = Math.floor(x / tubulePitch);
    const row = Math.floor(y / tubulePitch);
    let least = 1e9;
    let count = 0;
    for (let j = row - 2; j <= row + 2; j++) {
      for (let i = column - 2; i <= column + 2; i++) {
        const at = this.#tubules.at(i, j);
        if (data[at + 2] < 0) continue;
        const signed = distance(data, at, x, y) - data[at + 2];
        this.#near[count] = at;
        this.#signed[count++] = signed;
        if (signed < least) least = signed;
      }
    }
    let kept = 0;
    for (let k = 0; k < count; k++) {
      if (this.#signed[k] < least + 64) this.#near[kept++] = this.#near[k];
    }
    return kept;
  }

  /** Sets the dyes of a pixel; 1 where it lies in a glomerulus, 2 in a vessel. */
  #paintPixel(
    x: number,
    y: number,
    u: number,
    v: number,
    near: number,
    objects: readonly RoundObject[],
  ): number {
    const dyes = this.#dyes;
    const grain = this.textures.grain[(y & wrap) * textureSize + (x & wrap)];
    const depth = this.#field(0, u, v) + 2 * grain;
    if (depth < 0) return 0;
    const wx = x + this.#field(4, u, v);
    const wy = y + this.#field(8, u, v);
    let edge = 5 - depth;
    for (const object of objects) {
      const du = wx - object.x;
      const dv = wy - object.y;
      const signed = Math.hypot(du, dv) - outlineRadius(object.outer, du, dv);
      if (signed < 0) {
        const spot = this.#spot;
        spot.x = x;
        spot.y = y;
        spot.wx = wx;
        spot.wy = wy;
        spot.deep = -signed;
        spot.grain = grain;
        if (object.kind === "vessel") {
          paintVessel(object, spot, dyes);
          return 2;
        }
        paintGlomerulus(object, spot, this.textures, dyes);
        return 1;
      }
      const apart = (object.kind === "vessel" ? 9 : 4) - signed;
      if (apart > edge) edge = apart;
    }
    this.#paintTubule(x, y, wx, wy, near, edge, this.#field(12, u, v), grain);
    if (depth < 3) dyes.pas *= 0.4 + 0.2 * depth;
    return 0;
  }

  #paintTubule(
    x: number,
    y: number,
    wx: number,
    wy: number,
    near: number,
    edge: number,
    inflamed: number,
    grain: number,
  ): void {
    const dyes = this.#dyes;
    const { data } = this.#tubules;
    const signed = this.#signed;
    let own = -1;
    let least = 1e9;
    for (let k = 0; k < near; k++) {
      const at = this.#near[k];
      const s = distance(data, at, wx, wy) - data[at + 2];
      signed[k] = s;
      if (s < least) {
        least = s;
        own = k;
      }
    }
    const gap = 1.6 + 6 * inflamed;
    let outside = softMax(least, edge);
    for (let k = 0; k < near; k++) {
      if (k !== own) {
        outside = softMax(outside, (least - signed[k]) / 2 + gap);
      }
    }
    const membrane = 0.5 * Math.max(0, 1 - Math.abs(outside + 0.4) / 1.9);
    const at = (y & wrap) * textureSize + (x & wrap);
    if (outside > 0) {
      const crowd = inflamed > 0.2
        ? this.textures.denseNuclei
        : this.textures.stromaNuclei;
      dyes.nuclei = 0.06 + crowd[at];
      const fibre = this.textures.grain[
        (((y >> 1) + (x >> 3)) & wrap) * textureSize + ((x >> 2) & wrap)
      ];
      dyes.pas = 0.26 + 0.08 * grain + 0.1 * fibre + membrane;
      return;
    }
    const from = this.#near[own];
    const deep = -outside;
    const wall = data[from + 6] + 2.2 * grain;
    if (deep > wall + 1) {
      dyes.pas = data[from + 9] * (1 + 0.15 * grain) +
        (deep < wall + 4 ? 0.4 * data[from + 8] * (wall + 4 - deep) / 3 : 0);
      return;
    }
    const brush = Math.max(0, 1 - Math.abs(deep - wall + 1) / 2.5);
    dyes.pas = data[from + 7] * (1 + 0.3 * grain) + membrane +
      data[from + 8] * brush;
    dyes.nuclei = 0.1 + 0.03 * grain;
    if (deep > 1.5 && deep < 13) {
      dyes.nuclei += wallNucleus(
        Math.atan2(wy - data[from + 1], wx - data[from]),
        deep,
        data[from + 10],
        data[from + 11],
        least + data[from + 2],
        0.42 * data[from + 6],
        grain,
      );
    }
  }
}

function distance(
  data: Float64Array,
  at: number,
  x: number,
  y: number,
): number {
  const u = x - data[at];
  const v = y - data[at + 1];
  return Math.sqrt(
    data[at + 3] * u * u + 2 * data[at + 4] * u * v + data[at + 5] * v * v,
  );
}

/** The larger of two numbers, rounded where they are within 6 of each other, which rounds corners. */
function softMax(a: number, b: number): number {
  const close = 6 - Math.abs(a - b);
  const larger = a > b ? a : b;
  return close > 0 ? larger + close * close / 24 : larger;
}
