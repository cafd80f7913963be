import { findShaderChanges } from "./find_shader_changes.ts";
import { findTypeScriptChanges } from "./find_typescript_changes.ts";
import { applyMutant, type Change, type Mutant } from "./mutant.ts";

/** A mutant that no test can notice, with the reason. */
export interface Equivalent {
  readonly file: string;
  /** The line, and the line with the change, without the white space around them. */
  readonly text: string;
  readonly changed: string;
  readonly reason: string;
}

/** All mutants of a source, in order. */
export function findMutants(file: string, source: string): Mutant[] {
  const changes = file.endsWith(".wgsl")
    ? findShaderChanges(source)
    : findTypeScriptChanges(source);
  return changes.map((change) => ({ file, ...locate(source, change) }));
}

function locate(source: string, change: Change): Omit<Mutant, "file"> {
  const line = source.slice(0, change.start).split("\n").length;
  const lineOf = (source: string) => source.split("\n")[line - 1].trim();
  return {
    ...change,
    line,
    text: lineOf(source),
    changed: lineOf(applyMutant(source, change)),
  };
}

/** How {@linkcode chooseMutants} chooses. */
export interface Choice {
  readonly seed: number;
  readonly count: number;
}

/**
 * Chooses mutants, each in another file as long as there are files.
 *
 * Files and changes are ordered by hashes of the seed and their own text, so that an edit elsewhere leaves the choice as it is.
 *
 * @param candidates The mutants of each file.
 */
export function chooseMutants(
  candidates: Iterable<readonly Mutant[]>,
  { seed, count }: Choice,
): Mutant[] {
  const files = [...candidates].filter((mutants) => mutants.length > 0);
  const ordered = sortBy(files, ([{ file }]) => hash(`${seed} ${file}`)).map(
    (mutants) =>
      sortBy(
        mutants,
        ({ text, before, after }) => hash(`${seed} ${text} ${before} ${after}`),
      ),
  );
  const rounds = Math.max(0, ...ordered.map(({ length }) => length));
  return Array.from(
    { length: rounds },
    (_, round) => ordered.flatMap((mutants) => mutants.slice(round, round + 1)),
  ).flat().slice(0, count);
}

/** Whether a mutant is listed as one that no test can notice. */
export function isEquivalent(
  mutant: Mutant,
  list: readonly Equivalent[],
): boolean {
  return list.some((known) =>
    known.file === mutant.file && known.text === mutant.text &&
    known.changed === mutant.changed
  );
}

function sortBy<T>(items: readonly T[], key: (item: T) => number): T[] {
  return items.map((item) => ({ item, key: key(item) }))
    .sort((a, b) => a.key - b.key).map(({ item }) => item);
}

/** FNV-1a, with MurmurHash3's last step. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    value = Math.imul(value ^ byte, 0x01000193);
  }
  value = Math.imul(value ^ value >>> 16, 0x85ebca6b);
  value = Math.imul(value ^ value >>> 13, 0xc2b2ae35);
  return (value ^ value >>> 16) >>> 0;
}
