/**
 * Counts of objects. Two objects match if their intersection is more than half of their union, so no object has two
 * matches. In `evaluation.json`, `true_positive`, `false_positive` and `false_negative`.
 */
export interface ObjectMatches {
  /** Labeled objects that match a predicted one, and vice versa. */
  readonly truePositive: number;
  /** Predicted objects that match no labeled one. */
  readonly falsePositive: number;
  /** Labeled objects that match no predicted one. */
  readonly falseNegative: number;
}

/** The runs of ones in a row: start, end, start, end, … in ascending order, ends exclusive; only the first `count` are valid. */
export interface Runs {
  readonly edges: Uint32Array;
  readonly count: number;
}

/**
 * Matches the objects of two masks that come row by row. Pixels that share a side belong to one object. Memory grows with the
 * number of objects, not with the masks' size.
 */
export class ObjectMatcher {
  readonly #actual = new Components();
  readonly #predicted = new Components();
  /** Pixels that two parts share; the key combines both numbers. */
  readonly #shared = new Map<number, number>();
  readonly #minArea: number;

  /** Predicted objects of fewer than `minArea` pixels are ignored. */
  constructor({ minArea = 0 }: { readonly minArea?: number } = {}) {
    this.#minArea = minArea;
  }

  /** Takes the next row of both masks. */
  addRow(actual: Runs, predicted: Runs): void {
    const a = this.#actual.addRow(actual);
    const b = this.#predicted.addRow(predicted);
    for (let i = 0, j = 0; i < actual.count && j < predicted.count;) {
      const endA = actual.edges[i + 1], endB = predicted.edges[j + 1];
      const start = Math.max(actual.edges[i], predicted.edges[j]);
      const overlap = Math.min(endA, endB) - start;
      if (overlap > 0) {
        const key = a[i >> 1] * 2 ** 26 + b[j >> 1];
        this.#shared.set(key, (this.#shared.get(key) ?? 0) + overlap);
      }
      if (endA < endB) i += 2;
      else j += 2;
    }
  }

  /** Counts objects and pairs in the rows so far. */
  result(): ObjectMatches {
    const actual = this.#actual.areas();
    const predicted = this.#predicted.areas();
    for (const [part, area] of predicted) {
      if (area < this.#minArea) predicted.delete(part);
    }
    const pairs = new Map<number, number>();
    for (const [key, pixels] of this.#shared) {
      const a = this.#actual.root(Math.floor(key / 2 ** 26));
      const b = this.#predicted.root(key % 2 ** 26);
      if (!predicted.has(b)) continue;
      const joined = a * 2 ** 26 + b;
      pairs.set(joined, (pairs.get(joined) ?? 0) + pixels);
    }
    let matched = 0;
    for (const [key, pixels] of pairs) {
      const a = actual.get(Math.floor(key / 2 ** 26))!;
      const b = predicted.get(key % 2 ** 26)!;
      if (pixels > (a + b - pixels) / 2) matched++;
    }
    return {
      truePositive: matched,
      falsePositive: predicted.size - matched,
      falseNegative: actual.size - matched,
    };
  }
}

/** Connected parts of a mask that comes row by row: a union-find structure that numbers parts in order. */
class Components {
  readonly #parents: number[] = [];
  readonly #areas: number[] = [];
  #above: { edges: Uint32Array; ids: number[] } = {
    edges: new Uint32Array(0),
    ids: [],
  };

  /** Returns the part of each run of the next row; parts may be merged later. */
  addRow({ edges, count }: Runs): number[] {
    const ids: number[] = [];
    const above = this.#above;
    let from = 0;
    for (let i = 0; i < count; i += 2) {
      const start = edges[i], end = edges[i + 1];
      while (from < above.edges.length && above.edges[from + 1] <= start) {
        from += 2;
      }
      let id = -1;
      for (let k = from; above.edges[k] < end; k += 2) {
        const other = this.root(above.ids[k >> 1]);
        if (id < 0) id = other;
        else if (other !== id) {
          this.#parents[other] = id;
          this.#areas[id] += this.#areas[other];
        }
      }
      if (id < 0) {
        id = this.#parents.length;
        this.#parents.push(id);
        this.#areas.push(0);
      }
      this.#areas[id] += end - start;
      ids.push(id);
    }
    this.#above = { edges: edges.slice(0, count), ids };
    return ids;
  }

  root(id: number): number {
    const parents = this.#parents;
    while (parents[id] !== id) {
      parents[id] = parents[parents[id]]; // Shortens the next search.
      id = parents[id];
    }
    return id;
  }

  /** Areas of the parts, by root. */
  areas(): Map<number, number> {
    const areas = new Map<number, number>();
    this.#parents.forEach((parent, id) => {
      if (parent === id) areas.set(id, this.#areas[id]);
    });
    return areas;
  }
}
