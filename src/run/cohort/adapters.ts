import { formatIds } from "./format_ids.ts";
import type { Agreement, PartFile } from "./part_file.ts";

/** The adapters that have computed the parts of a cohort. */
export class Adapters {
  /** The numbers of each adapter's parts. */
  readonly parts = new Map<string, number[]>();
  /** How far each agrees with another; the least of what its processes have found. */
  readonly #agreements = new Map<string, Agreement>();

  /** Adds a part. */
  add(
    { identity, part, agreement }: Pick<
      PartFile,
      "identity" | "part" | "agreement"
    >,
  ): void {
    const list = this.parts.get(identity);
    if (list) list.push(part);
    else this.parts.set(identity, [part]);
    const least = this.#agreements.get(identity);
    if (agreement && !(least && least.dice <= agreement.dice)) {
      this.#agreements.set(identity, agreement);
    }
  }

  /** Says which there are, and how far they agree; `undefined` if there is only one. */
  describe(): string | undefined {
    if (this.parts.size < 2) return undefined;
    const agreements = [...this.#agreements.values()];
    const references = new Set(agreements.map(({ identity }) => identity));
    const list = [...this.parts].sort(([, a], [, b]) => b.length - a.length)
      .map(([identity, parts]) => {
        const found = this.#agreements.get(identity);
        const how = found
          ? `, Dice ${
            found.dice.toFixed(5)
          } for a tile that ${found.identity} has computed, too`
          : references.has(identity)
          ? ""
          : ", not compared with others";
        return `${identity}: parts ${formatIds(parts)}${how}`;
      });
    return `parts were computed by ${this.parts.size} different adapters, whose rounding differs where the probability is next to the threshold (${
      list.join("; ")
    })`;
  }
}
