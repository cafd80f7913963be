import { cannot } from "../errors/cannot.ts";
import type { MaskClass } from "../io/classes.ts";
import { applyChange } from "./apply_change.ts";
import type { Change, ChangeRequest } from "./change.ts";
import { ClassTable } from "./class_table.ts";
import {
  type CorrectedDocument,
  type CorrectedSlide,
  type FeatureText,
  type FindingRun,
  readDocument,
} from "./corrected_document.ts";
import { CorrectedFile } from "./corrected_file.ts";
import { StaleError } from "./errors.ts";

/** An object of corrections, as it was at a version. */
export interface Entry extends FeatureText {
  /** When it was changed last. */
  readonly version: number;
  /** Whether it was removed in this session; its text stays, so that it can come back. */
  readonly removed: boolean;
  /** What was read. Default: it was made in this session. */
  readonly original?: string;
}

/** What became of changes. */
export interface Applied {
  /** The version from now on. */
  readonly version: number;
  /** The objects that changed since the version on which the changes are based, these included. */
  readonly entries: readonly Entry[];
}

/** Options for {@linkcode Corrections.open}. */
export interface CorrectionsOptions {
  /** The slide; `mpp` is micrometers per pixel, if known. */
  readonly slide: CorrectedSlide & {
    readonly mpp?: { readonly x: number; readonly y: number };
  };
  /** The GeoJSON to begin with if the file does not exist yet. Default: none. */
  readonly source?: string;
  /** The run that made `source`, if it is known. */
  readonly run?: FindingRun;
  /** The classes of that run. Default: those of its objects. */
  readonly classes?: readonly MaskClass[];
  /** Who corrects. Default: it is not recorded. */
  readonly by?: string;
}

interface Waiting {
  readonly request: ChangeRequest;
  readonly resolve: (applied: Applied) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The objects of a slide, and what people do to them, in a file of GeoJSON that is written after each change. Changes that
 * wait for each other are written together. Deno only.
 */
export class Corrections implements AsyncDisposable {
  readonly #file: CorrectedFile;
  readonly #options: CorrectionsOptions;
  readonly #waiting: Waiting[] = [];
  #document!: CorrectedDocument;
  #classes = new ClassTable([]);
  #entries = new Map<string, Entry>();
  /** Begins with the time, so that no version of an earlier session is one of this. */
  #version = Date.now();
  /** What is done one after the other. */
  #work: Promise<unknown> = Promise.resolve();

  private constructor(path: string, options: CorrectionsOptions) {
    this.#file = new CorrectedFile(path);
    this.#options = options;
  }

  /**
   * Opens the corrections in a file, or begins new ones, which are not written before the first change.
   *
   * @param path `NAME.corrected.geojson`.
   * @throws {SyntaxError} If the file, or the one to begin with, is not GeoJSON.
   * @throws {RangeError} If it is of another slide, or larger than 256 MiB.
   * @throws {Error} If it cannot be read.
   */
  static async open(
    path: string,
    options: CorrectionsOptions,
  ): Promise<Corrections> {
    const corrections = new Corrections(path, options);
    await corrections.#read();
    return corrections;
  }

  /** Its file. */
  get path(): string {
    return this.#file.path;
  }

  /** The slide. */
  get slide(): CorrectedSlide {
    const { name, width, height } = this.#options.slide;
    return { name, width, height };
  }

  /** Increases with each change. */
  get version(): number {
    return this.#version;
  }

  /** The objects, and other features, in the order of the file. */
  get entries(): Iterable<Entry> {
    return this.#entries.values().filter(({ removed }) => !removed);
  }

  /** The classes of its objects. */
  get classes(): ClassTable {
    return this.#classes;
  }

  /** Reads the file again if another program has changed it. */
  async refresh(): Promise<void> {
    await this.#inTurn(async () => {
      if (!await this.#file.isUnchanged()) await this.#read();
    });
  }

  /**
   * Applies changes, and resolves when they are in the file. All are applied, or none.
   *
   * @throws {StaleError} If an object was changed since the version on which they are based, or the file by another program.
   * @throws {UnsavedError} If the file cannot be written.
   * @throws {RangeError} If an object does not exist, or an outline has no area.
   */
  apply(request: ChangeRequest): Promise<Applied> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#inTurn(() => this.#applyWaiting());
    });
  }

  /** Waits until changes are saved. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#work;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#work.then(work);
    this.#work = turn.catch(() => {});
    return turn;
  }

  async #applyWaiting(): Promise<void> {
    const former = { entries: this.#entries, version: this.#version };
    const applied = this.#waiting.splice(0).filter(({ request, reject }) => {
      try {
        this.#applyAll(request);
        return true;
      } catch (error) {
        reject(error);
        return false;
      }
    });
    if (applied.length === 0) return;
    try {
      await this.#write();
    } catch (error) {
      this.#entries = former.entries;
      this.#version = former.version;
      for (const { reject } of applied) reject(error);
      return;
    }
    for (const { request, resolve } of applied) {
      const entries = [...this.#entries.values()]
        .filter(({ version }) => version > request.base);
      resolve({ version: this.#version, entries });
    }
  }

  #applyAll({ base, changes }: ChangeRequest): void {
    const version = this.#version + 1;
    const entries = new Map(this.#entries);
    for (const change of changes) {
      const entry = entries.get(change.id);
      if (entry && entry.version > base && entry.version < version) {
        throw cannot(
          `change object ${change.id}`,
          "another window has changed it meanwhile",
          { kind: StaleError },
        );
      }
      entries.set(change.id, this.#applyOne(change, { entry, version }));
    }
    this.#entries = entries;
    this.#version = version;
  }

  #applyOne(
    change: Change,
    { entry, version }: {
      readonly entry: Entry | undefined;
      readonly version: number;
    },
  ): Entry {
    const { id } = change;
    if ("removed" in change) {
      if (!entry) throw unknown(id, "there is none with this id");
      return { ...entry, version, removed: true };
    }
    if (!entry && !change.rings) throw unknown(id, "a new one must have rings");
    if (!entry && !UUID.test(id)) throw unknown(id, "a new id must be a UUID");
    const text = applyChange(change, {
      text: entry?.text,
      original: entry?.original,
      classes: this.#classes,
      slide: this.#options.slide,
      decision: {
        by: this.#options.by,
        at: new Date().toISOString(),
        ...(isFound(id) ? this.#document.run : {}),
      },
    });
    return { ...entry, id, text, version, removed: false };
  }

  async #write(): Promise<void> {
    const { head, run } = this.#document;
    const { slide, entries: features } = this;
    await this.#file.write({ head, run, slide, features });
  }

  async #read(): Promise<void> {
    const { slide, source, run, classes } = this.#options;
    const found = await this.#file.read(slide) ??
      { ...await begin(source, slide), run };
    this.#document = found;
    this.#classes = new ClassTable(found.classes, classes);
    const version = ++this.#version;
    this.#entries = new Map(
      found.features.map(({ id, text }) => [
        id,
        { id, text, original: text, version, removed: false },
      ]),
    );
  }
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether an id is one that a run gives: what people draw has random ones. */
function isFound(id: string): boolean {
  return UUID.test(id) && id[14] === "8";
}

async function begin(
  source: string | undefined,
  slide: CorrectedSlide,
): Promise<CorrectedDocument> {
  return source === undefined
    ? { head: new Map(), features: [], classes: [] }
    : await readDocument(source, { slide });
}

function unknown(id: string, reason: string): Error {
  return cannot("change an object", reason, { received: id, kind: RangeError });
}
