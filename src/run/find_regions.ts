import { basename, join } from "node:path";
import { cannot, reasonOf } from "../errors/cannot.ts";
import { hashOf } from "../io/hash_file.ts";
import { isMissing } from "../io/is_absent.ts";
import type { InferOptions } from "./infer_options.ts";

/** The options that name files of regions. */
const NAMES = ["within", "exclude", "tissue"] as const;

/** What a region's file is for. */
export type RegionName = (typeof NAMES)[number];

/** The settings that name regions. */
export type RegionSettings = Partial<Pick<InferOptions, RegionName>>;

/** A file of a slide's region. */
export interface RegionFile {
  readonly path: string;
  /** SHA-256 of its contents. */
  readonly sha256: string;
}

/** The files of a slide's regions, as far as there are any. */
export type RegionFiles = { readonly [name in RegionName]?: RegionFile };

/** Endings of a slide's files in a folder, after its name. */
const POLYGONS = [".geojson", ".geojson.gz"];
const PICTURES = [".tif", ".tiff", ".png"];
const SUFFIXES: { readonly [name in RegionName]: readonly string[] } = {
  within: POLYGONS,
  exclude: POLYGONS,
  tissue: [
    ...[...POLYGONS, ...PICTURES].map((suffix) => `.tissue${suffix}`),
    ...[...POLYGONS, ...PICTURES, ".mask.tif", ".mask.png"],
  ],
};

/**
 * Checks the files of regions before any slide is opened: they are there, and a single file is of a single slide.
 *
 * @param slides The number of slides.
 * @throws {RangeError} If one file is given for several slides.
 * @throws {Error} If a file does not exist.
 */
export async function checkRegions(
  settings: RegionSettings,
  slides: number,
): Promise<void> {
  for (const name of NAMES) {
    const path = settings[name];
    if (path === undefined) continue;
    if (await isFolder(path, name) || slides === 1) continue;
    throw cannot(
      `use --${name} "${path}"`,
      `it is of one slide, and there are ${slides}: give a folder with NAME${
        SUFFIXES[name][0]
      } for each`,
      { kind: RangeError },
    );
  }
}

/**
 * Finds the files of a slide's regions, and what they hold: a file that is named, or that of the slide in a folder.
 *
 * @param name The slide's name.
 * @throws {Error} If the slide has none in a folder, or a file cannot be read.
 */
export async function findRegions(
  name: string,
  settings: RegionSettings,
): Promise<RegionFiles> {
  const found: Partial<Record<RegionName, RegionFile>> = {};
  for (const kind of NAMES) {
    const given = settings[kind];
    if (given === undefined) continue;
    const path = await isFolder(given, kind)
      ? await findIn(given, { kind, name })
      : given;
    const sha256 = await hashOf(path).catch((cause) => {
      throw cannot(`use --${kind} "${path}"`, reasonOf(cause), { cause });
    });
    found[kind] = { path, sha256 };
  }
  return found;
}

/** The digests of regions, of whole files; `undefined` if there are none. */
export function digestsOf(
  files: RegionFiles,
): Readonly<Record<string, string>> | undefined {
  const all = Object.entries(files).map(([name, { sha256 }]) => [name, sha256]);
  return all.length > 0 ? Object.fromEntries(all) : undefined;
}

/** What results record of regions: the names of files, and their digests. */
export function recordRegions(files: RegionFiles): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).flatMap(([name, { path, sha256 }]) => [
      [name, basename(path)],
      [`${name}Sha256`, sha256],
    ]),
  );
}

async function findIn(
  folder: string,
  { kind, name }: { readonly kind: RegionName; readonly name: string },
): Promise<string> {
  for (const suffix of SUFFIXES[kind]) {
    const path = join(folder, name + suffix);
    const isThere = await Deno.stat(path).then(
      ({ isFile }) => isFile,
      () => false,
    );
    if (isThere) return path;
  }
  throw cannot(
    `use --${kind} "${folder}"`,
    `it has no ${name}${SUFFIXES[kind][0]}`,
  );
}

async function isFolder(path: string, name: RegionName): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (cause) {
    const reason = isMissing(cause) ? "it does not exist" : reasonOf(cause);
    throw cannot(`use --${name} "${path}"`, reason, { cause });
  }
}
