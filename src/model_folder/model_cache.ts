import { basename, dirname, join } from "node:path";
import { cannot } from "../errors/cannot.ts";
import { AtomicFile } from "../io/atomic_file.ts";
import { isMissing } from "../io/is_absent.ts";
import { MAX_MODEL_JSON } from "../io/limits.ts";
import { readText } from "../io/read_text.ts";
import { CACHE_VARIABLES, userCache } from "../io/user_cache.ts";
import {
  MANIFEST,
  type ModelFile,
  type ModelManifest,
  readManifest,
} from "./manifest.ts";
import type { ModelAddress } from "./model_address.ts";
import {
  digestOf,
  faultOfFile,
  filesOf,
  type ModelParts,
} from "./model_files.ts";

/** What a cache has of a model: all of it; or why not, if it has something. */
export type Kept =
  | { readonly parts: ModelParts; readonly commit?: string }
  | { readonly fault: string };

/**
 * The folder of models from servers.
 *
 * @throws {Error} If none is given and the user's cache folder is unknown; the message has the way out.
 */
export function modelCacheFolder(given: string | undefined): string {
  const user = given === undefined ? userCache() : undefined;
  const folder = given ?? (user && join(user, "models"));
  if (folder) return folder;
  throw cannot(
    "keep a model from a server",
    `the user's cache folder is unknown; give a folder with --cache DIR, or run with --allow-env=${
      CACHE_VARIABLES.join(",")
    }`,
  );
}

/**
 * Models from servers: `files/SHA256/NAME`, and in `addresses/`, by the digest of an address, the digest of the `model.json`
 * that was there, and its commit.
 */
export class ModelCache {
  readonly #folder: string;

  /** Reads nothing yet. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The place of a file. */
  pathOf({ file, sha256 }: Pick<ModelFile, "file" | "sha256">): string {
    return join(this.#folder, "files", sha256, basename(file));
  }

  /** The model that was last found at an address, with all files compared; `undefined` if none was. */
  async find(address: ModelAddress): Promise<Kept | undefined> {
    const note = await unlessMissing(
      readText(this.#noteOf(address), { most: 1000 }),
    );
    const [, sha256, commit] = note === undefined ? [] : readNote(note);
    if (sha256 === undefined) return undefined;
    const path = this.pathOf({ file: MANIFEST, sha256 });
    const text = await unlessMissing(readText(path, { most: MAX_MODEL_JSON }));
    if (text === undefined) return { fault: `"${path}" is missing` };
    const bytes = await Deno.readFile(path);
    if (digestOf(bytes) !== sha256) return { fault: `"${path}" is damaged` };
    const parts = this.open(readManifest(text, address.shown), {
      ...{ sha256, address, commit },
    });
    for (const file of filesOf(parts.manifest)) {
      const fault = await faultOfFile(this.pathOf(file), file);
      if (fault !== undefined) return { fault };
    }
    return { parts, commit };
  }

  /** A model whose files are here. */
  open(
    manifest: ModelManifest,
    { sha256, address, commit }: {
      readonly sha256: string;
      readonly address: ModelAddress;
      readonly commit: string | undefined;
    },
  ): ModelParts {
    const at = commit === undefined ? address : address.at?.(commit);
    const source = at?.key ?? address.key;
    const pathOf = (file: ModelFile) => this.pathOf(file);
    return { source, manifest, sha256, pathOf };
  }

  /** Keeps a `model.json`, whose files are here, as that of an address. */
  async keep(
    address: ModelAddress,
    { manifest, sha256, commit }: {
      readonly manifest: Uint8Array;
      readonly sha256: string;
      readonly commit: string | undefined;
    },
  ): Promise<void> {
    await this.#write(this.pathOf({ file: MANIFEST, sha256 }), manifest);
    const fixed = commit === undefined ? undefined : address.at?.(commit);
    for (const each of [address, ...(fixed ? [fixed] : [])]) {
      const note = `${sha256} ${commit ?? "-"} ${each.shown}\n`;
      await this.#write(this.#noteOf(each), new TextEncoder().encode(note));
    }
  }

  /** Writes a file, unless it is there: the cache may be of a disk that is only read. */
  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const old = await unlessMissing(Deno.readFile(path));
    if (old && digestOf(old) === digestOf(bytes)) return;
    await Deno.mkdir(dirname(path), { recursive: true });
    await AtomicFile.replace(path, bytes);
  }

  #noteOf({ key }: ModelAddress): string {
    return join(this.#folder, "addresses", digestOf(key));
  }
}

/** The digest and the commit that a note has; none if it is damaged. */
export function readNote(note: string): [string, string, string?] | [] {
  const [all, sha256, commit] =
    /^([0-9a-f]{64}) ([0-9a-f]{40}|-) /.exec(note) ??
      [];
  if (all === undefined) return [];
  return [all, sha256, commit === "-" ? undefined : commit];
}

async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
