import { createHash } from "node:crypto";
import { join } from "node:path";
import { cannot, reasonOf } from "../../errors/cannot.ts";
import project from "../../../deno.json" with { type: "json" };
import { type InferOptions, inferOptions } from "../infer_options.ts";
import type { Format } from "../result_formats.ts";

/** The schema of `cohort.json`; the number increases when a field changes its name or meaning. */
export const COHORT_SCHEMA = "tilewise-cohort/1";

/**
 * A slide of a cohort.
 *
 * @category Cohorts
 */
export interface CohortSlide {
  /** Absolute path, or URL. */
  readonly source: string;
  /** The place of its results in the output folder, without a suffix: `NAME` or `FOLDER/NAME`. */
  readonly place: string;
  /** Micrometers per pixel, if the list of slides has it. */
  readonly mpp?: number;
  /** The state of its file when it was planned, if known: size and modification time, or its server's ETag. */
  readonly version?: string;
  /** SHA-256 of the files of its regions, by their options. */
  readonly regions?: Readonly<Record<string, string>>;
  /** Tiles in a row. */
  readonly columns: number;
  /** The rows of tiles at which parts begin, from 0, and the number of rows. */
  readonly cuts: readonly number[];
  /** Why it could not be planned; then it has no parts. */
  readonly error?: string;
}

/**
 * A cohort, as `cohort.json` has it. It never changes.
 *
 * @category Cohorts
 */
export interface Cohort {
  /** Name and version of the schema. */
  readonly schema: string;
  /** Version of Tilewise: others may compute something else. */
  readonly version: string;
  /** The settings of the segmentation, as options of {@linkcode inferBatch}. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The checkpoints. */
  readonly weights: readonly {
    readonly path: string;
    readonly sha256: string;
  }[];
  /** The model that they are of, if they are more than weights: its folder or address, and the digest of its `model.json`. */
  readonly model?: { readonly source: string; readonly sha256: string };
  /** Measurements of the fastest kernels, by device and shape; for all else, a heuristic chooses. */
  readonly kernels: Readonly<Record<string, string>>;
  /** The slides, in a fixed order. */
  readonly slides: readonly CohortSlide[];
}

/**
 * A part of a cohort: a slide, or some of its rows of tiles.
 *
 * @category Cohorts
 */
export interface Part {
  /** Its number, from 1 through all slides. */
  readonly id: number;
  /** The index of its slide. */
  readonly slide: number;
  /** Its rows of tiles, the last excluded. */
  readonly rows: readonly [first: number, end: number];
  /** The number of its tiles. */
  readonly tiles: number;
}

/** Settings that belong to the machine, the call or the merge, not to the cohort. */
const APART: readonly (keyof InferOptions)[] = [
  ...[
    "weights",
    "cache",
    "out",
    "device",
    "memory",
    "tune",
    "timeout",
    "shard",
  ] as const,
  ...["overwrite", "resume", "reproducible", "profile"] as const,
];

/** The settings that `cohort.json` keeps. */
export function pinnedSettings(
  options: InferOptions,
): Record<string, unknown> {
  const kept = Object.entries(options).filter(([name]) =>
    !APART.includes(name as keyof InferOptions)
  );
  return Object.fromEntries(
    kept.map(([name, value]) => [
      name,
      value instanceof Set ? [...value] : value,
    ]),
  );
}

/**
 * A cohort whose folder is open.
 *
 * @category Cohorts
 */
export class OpenCohort {
  /** Its folder. */
  readonly folder: string;
  /** What `cohort.json` says. */
  readonly cohort: Cohort;
  /** SHA-256 of `cohort.json`; each part has it. */
  readonly digest: string;
  /** All parts, in order: part `id` is at `id - 1`. */
  readonly parts: readonly Part[];
  /** The settings; those of the machine are defaults. */
  readonly options: InferOptions;

  private constructor(
    folder: string,
    { cohort, digest }: { readonly cohort: Cohort; readonly digest: string },
  ) {
    this.folder = folder;
    this.cohort = cohort;
    this.digest = digest;
    this.parts = partsOf(cohort);
    const usual = Object.fromEntries(
      Object.entries(inferOptions).map((
        [name, option],
      ) => [name, option.read(undefined, name)]),
    ) as unknown as InferOptions;
    const { formats, ...settings } = cohort.settings;
    this.options = {
      ...usual,
      ...settings,
      formats: new Set(formats as Format[]),
      weights: cohort.weights.map(({ path }) => path),
      reproducible: true,
    };
  }

  /**
   * Reads `cohort.json`.
   *
   * @throws {Error} If it cannot be read, or is of another version.
   */
  static async read(folder: string): Promise<OpenCohort> {
    const path = join(folder, "cohort.json");
    const action = `read cohort "${folder}"`;
    let bytes: Uint8Array;
    try {
      bytes = await Deno.readFile(path);
    } catch (cause) {
      const reason = cause instanceof Deno.errors.NotFound
        ? "it has no cohort.json; make one with tilewise plan"
        : reasonOf(cause);
      throw cannot(action, reason, { cause });
    }
    const digest = createHash("sha256").update(bytes).digest("hex");
    let cohort: Cohort;
    try {
      cohort = JSON.parse(new TextDecoder().decode(bytes));
    } catch (cause) {
      throw cannot(action, `cohort.json is damaged: ${reasonOf(cause)}`, {
        cause,
      });
    }
    const { schema, version } = cohort ?? {};
    if (schema !== COHORT_SCHEMA || version !== project.version) {
      throw cannot(
        action,
        `it was planned by ${
          version ? `Tilewise ${version}` : "something else"
        }, but this is Tilewise ${project.version}; use that version, or plan it again in another folder`,
      );
    }
    if (!isCohort(cohort)) throw cannot(action, "cohort.json is damaged");
    return new OpenCohort(folder, { cohort, digest });
  }

  /** A part by its number. */
  part(id: number): Part {
    const part = this.parts[id - 1];
    if (part) return part;
    throw cannot(
      `find part ${id}`,
      `the cohort has parts 1 to ${this.parts.length}`,
      { kind: RangeError },
    );
  }

  /** What a part is, for people: `kidney`, or `kidney, rows 0 to 3`. */
  describe({ slide, rows: [first, end] }: Part): string {
    const { place, cuts } = this.cohort.slides[slide];
    const isWhole = cuts.length === 2;
    return isWhole ? place : `${place}, rows ${first} to ${end - 1}`;
  }
}

/** The parts of a cohort, numbered through all slides. */
function partsOf({ slides }: Cohort): Part[] {
  const parts: Part[] = [];
  for (const [slide, { columns, cuts }] of slides.entries()) {
    for (let i = 0; i + 1 < cuts.length; i++) {
      const rows = [cuts[i], cuts[i + 1]] as const;
      const tiles = (rows[1] - rows[0]) * columns;
      parts.push({ id: parts.length + 1, slide, rows, tiles });
    }
  }
  return parts;
}

/** Where parts lie in a cohort's folder. */
export function partsFolder(folder: string): string {
  return join(folder, "parts");
}

/** Files of one folder at most: listing more is slow on shared file systems. */
const PER_FOLDER = 1000;

/** Names that follow from a part's number: its folder, and its file without a suffix. */
export function partName(id: number): { folder: string; name: string } {
  const folder = String(Math.floor(id / PER_FOLDER)).padStart(3, "0");
  return { folder, name: String(id).padStart(6, "0") };
}

/** The path of a file of a part, in the folder of parts or of their state. */
export function partPath(
  root: string,
  id: number,
  suffix: string,
): string {
  const { folder, name } = partName(id);
  return join(root, folder, `${name}.${suffix}`);
}

/** Whether a parsed `cohort.json` has what is needed of it. */
function isCohort(
  { settings, weights, model, kernels, slides }: Cohort,
): boolean {
  return isRecord(settings) && Array.isArray(settings.formats) &&
    isRecord(kernels) && Array.isArray(weights) && weights.length > 0 &&
    weights.every((one) =>
      typeof one?.path === "string" && typeof one.sha256 === "string"
    ) && (model === undefined ||
      typeof model?.source === "string" && typeof model.sha256 === "string") &&
    Array.isArray(slides) && slides.every(isSlide);
}

function isSlide(slide: CohortSlide): boolean {
  const { source, place, columns, cuts } = slide ?? {};
  return typeof source === "string" && typeof place === "string" &&
    Number.isSafeInteger(columns) && Array.isArray(cuts) &&
    cuts.length !== 1 &&
    cuts.every((row, i) =>
      Number.isSafeInteger(row) && row >= 0 && (i === 0 || row > cuts[i - 1])
    );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
