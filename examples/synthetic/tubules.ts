import { chance } from "./hash.ts";
import { noise } from "./noise.ts";
import { outlineRadius } from "./outline_radius.ts";
import type { RoundObjects } from "./round_objects.ts";

/** Side of the jittered grid's cells, in pixels: about the pitch of the tubules. */
export const tubulePitch = 50;

/** Numbers kept for each tubule, in this order. */
export const tubuleFields = 12;

/**
 * The tubules with centers in some rows of the grid, as flat numbers:
 * center x, y; radius (negative where there is none); metric a, b, c of the distance √(a·u² + 2b·u·v + c·v²);
 * epithelium's thickness; its stain; brush border's stain; lumen's stain; nuclei around it; and a number to draw details from.
 */
export class Tubules {
  readonly data: Float64Array;
  readonly columns: number;

  constructor(
    seed: number,
    width: number,
    readonly firstRow: number,
    readonly rows: number,
    objects: RoundObjects,
  ) {
    this.columns = Math.ceil(width / tubulePitch) + 8;
    this.data = new Float64Array(this.columns * rows * tubuleFields);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < this.columns; column++) {
        this.#draw(
          seed ^ 0x7b01e,
          column - 4,
          row + firstRow,
          (row * this.columns + column) * tubuleFields,
          objects,
        );
      }
    }
    for (let row = 1; row < rows - 1; row++) {
      for (let column = 1; column < this.columns - 1; column++) {
        this.#fitWall(row, column);
      }
    }
  }

  /** Thins the epithelium of a tubule that its neighbors squeeze, so that a lumen stays. */
  #fitWall(row: number, column: number): void {
    const data = this.data;
    const own = (row * this.columns + column) * tubuleFields;
    let room = data[own + 2];
    for (let j = row - 1; j <= row + 1; j++) {
      for (let i = column - 1; i <= column + 1; i++) {
        const at = (j * this.columns + i) * tubuleFields;
        if (at === own || data[at + 2] < 0) continue;
        const apart = Math.hypot(
          data[at] - data[own],
          data[at + 1] - data[own + 1],
        );
        room = Math.min(room, (apart + data[own + 2] - data[at + 2]) / 2);
      }
    }
    data[own + 6] = Math.max(5, Math.min(data[own + 6], 0.68 * room));
  }

  /** Where the numbers of a grid cell begin; columns run from -4. */
  at(column: number, row: number): number {
    return ((row - this.firstRow) * this.columns + column + 4) * tubuleFields;
  }

  #draw(
    seed: number,
    i: number,
    j: number,
    at: number,
    objects: RoundObjects,
  ): void {
    const draw = (index: number): number => chance(seed ^ (index << 20), i, j);
    const x = (i + 0.5 + 0.66 * (draw(0) - 0.5)) * tubulePitch;
    const y = (j + 0.5 + 0.66 * (draw(1) - 0.5)) * tubulePitch;
    const data = this.data;
    const taken = objects.near(x, y, 1).some((object) =>
      outlineRadius(object.outer, x - object.x, y - object.y) + 13 >
        Math.hypot(x - object.x, y - object.y)
    );
    const calibre = 1 + 0.12 * noise(seed ^ 5, x / 700, y / 700);
    const kind = draw(2);
    const proximal = kind < 0.6;
    const distal = !proximal && kind < 0.87;
    const radius = (proximal ? 27 : distal ? 23 : 25) +
      (distal ? 8 : 10) * draw(3);
    const angle = Math.PI * noise(seed ^ 6, x / 400, y / 400) +
      1.6 * (draw(4) - 0.5);
    const stretch = 1 + 0.9 * draw(5) ** 2;
    const cos = Math.cos(angle);
    const sin = Math.sin(angle);
    data[at] = x;
    data[at + 1] = y;
    data[at + 2] = taken || draw(6) < 0.03 ? -1e6 : radius * calibre;
    data[at + 3] = cos * cos / stretch + sin * sin * stretch;
    data[at + 4] = cos * sin * (1 / stretch - stretch);
    data[at + 5] = sin * sin / stretch + cos * cos * stretch;
    data[at + 6] = proximal ? 13 + 6 * draw(7) : 7.5 + 3 * draw(7);
    data[at + 7] = (proximal ? 0.46 : distal ? 0.3 : 0.22) + 0.14 * draw(8);
    data[at + 8] = proximal ? 0.15 + 0.25 * draw(9) : 0;
    data[at + 9] = draw(10) < 0.05 ? 0.55 + 0.3 * draw(11) : 0.05 * draw(11);
    data[at + 10] = Math.round(
      (proximal ? 0.3 : 0.42) * radius * (0.85 + 0.3 * draw(12)),
    );
    data[at + 11] = Math.floor(1e9 * draw(13));
  }
}
