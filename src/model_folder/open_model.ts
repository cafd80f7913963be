import { join } from "node:path";
import { cannot, explained } from "../errors/cannot.ts";
import { channelsOf } from "../io/classes.ts";
import { hashOf } from "../io/hash_file.ts";
import { isMissing } from "../io/is_absent.ts";
import { MAX_MODEL_JSON } from "../io/limits.ts";
import { readText } from "../io/read_text.ts";
import type { Normalization } from "../kernels/tile.ts";
import {
  type Architecture,
  unextArchitecture,
} from "../models/architecture.ts";
import { nameOf } from "../models/recognize_architecture.ts";
import { loadModel, type LoadModelOptions } from "../predict/load_model.ts";
import type { NetworkTraining } from "../predict/checkpoint_metadata.ts";
import type { Model } from "../predict/model.ts";
import { fetchModel, type OpenModelOptions } from "./fetch_model.ts";
import {
  MANIFEST,
  type ModelFile,
  type ModelManifest,
  normalizationOf,
  readManifest,
} from "./manifest.ts";
import { isRemoteModel } from "./model_address.ts";
import { faultOfFile, filesOf, type ModelParts } from "./model_files.ts";

/**
 * A model in a folder or on a server, whose files are what its `model.json` says. Nothing is loaded yet.
 *
 * @category Models
 */
export class OpenedModel {
  /** Its folder, or its address; on the hub with the commit, if known. */
  readonly source: string;
  /** What its `model.json` says. */
  readonly manifest: ModelManifest;
  /** SHA-256 of its `model.json`, which has those of its files. */
  readonly sha256: string;
  /** The place of one of its files on this machine. */
  readonly pathOf: (file: ModelFile) => string;

  /**
   * Checks nothing; see {@linkcode openModel}.
   *
   * @internal
   */
  constructor({ source, manifest, sha256, pathOf }: ModelParts) {
    this.source = source;
    this.manifest = manifest;
    this.sha256 = sha256;
    this.pathOf = pathOf;
  }

  /** Name and version. */
  get title(): string {
    return `${this.manifest.name} ${this.manifest.version}`;
  }

  /** Name, version and the start of its digest, for the settings of a run. */
  get label(): string {
    return `${this.title} (SHA-256 ${this.sha256.slice(0, 16)})`;
  }

  /** Paths of the weights. */
  get weights(): string[] {
    return this.manifest.weights.map(this.pathOf);
  }

  /** SHA-256 of each of its weights, then that of its `model.json`: what determines its results. */
  get hashes(): string[] {
    return [...this.manifest.weights.map(({ sha256 }) => sha256), this.sha256];
  }

  /** Its networks; those of ONNX files come from these. */
  get architecture(): "auto" | Architecture {
    const { network, output } = this.manifest;
    const outputs = channelsOf(output.classes.length, output.activation);
    if (network.type === "onnx") return "auto";
    const { stem, blocks, widths, groups, channels, aspp, decoder, fpn } =
      network.sizes;
    const { mid, out, groups: grouped, dilations } = aspp;
    const sizes = {
      ...{ stem, blocks, widths, groups, channels },
      aspp: { mid, out, groups: grouped, dilations },
      decoder,
      fpn: { mid: fpn.mid, out: fpn.out },
    };
    return unextArchitecture(nameOf(sizes), { ...sizes, outputs });
  }

  /** What its networks were trained with, as checkpoints have it. */
  get training(): NetworkTraining {
    const { input: { mpp, downsample, tile, expansion }, output } =
      this.manifest;
    const classes = output.classes.map(({ name }) => name);
    const { classes: outputs, activation } = output;
    return { mpp, downsample, tile, expansion, classes, outputs, activation };
  }

  /** Normalization of its input, for values from 0 to 1. */
  get normalization(): Normalization {
    return normalizationOf(this.manifest.input)!;
  }

  /**
   * Loads its networks, as `loadModel()` does.
   *
   * @throws {StateDictError} If weights are not those of its network.
   * @throws {TypeError} If a file is not a checkpoint.
   */
  load(options: LoadModelOptions = {}): Promise<Model> {
    const { weights, normalization } = this;
    const { input: { tile, expansion }, output } = this.manifest;
    const { classes, activation } = output;
    return loadModel(this.architecture, weights, {
      ...{ side: tile + expansion, classes, activation },
      ...options,
      normalization: options.normalization ?? normalization,
    });
  }
}

/**
 * Opens a model: reads its `model.json`, and compares sizes and digests of its files. Those of a model on a server are
 * fetched once and kept; where the server cannot be asked, the model that it had before is taken, and a notice says so. Deno
 * only.
 *
 * @param source The folder, or the `model.json` in it; or the URL of either; or `hf:OWNER/NAME` or
 * `hf:OWNER/NAME@REVISION` for a repository of Hugging Face's hub, which needs
 * `--allow-net=huggingface.co,*.hf.co`.
 *
 * @example
 * ```ts ignore
 * import { openSlide, predictTiles, streamTiles, writeMask } from "@tilewise/tilewise";
 * import { openModel } from "@tilewise/tilewise/run";
 *
 * const opened = await openModel("glomeruli-1.0");
 * const { input: { tile: size, expansion, mpp } } = opened.manifest;
 * await using model = await opened.load();
 * await using slide = await openSlide("kidney.svs");
 * const tiles = streamTiles(slide, { size, expansion, mpp });
 * await writeMask("kidney.mask.tif", slide, predictTiles(tiles, model));
 * ```
 *
 * @throws {SyntaxError} If its `model.json` is not a manifest.
 * @throws {Error} If it has none, or a file is missing, or is not the one of which `model.json` has size and digest.
 *
 * @category Models
 */
export async function openModel(
  source: string,
  options: OpenModelOptions = {},
): Promise<OpenedModel> {
  if (isRemoteModel(source)) {
    return new OpenedModel(await fetchModel(source, options));
  }
  const { signal } = options;
  const opened = await readModelFolder(source);
  const faults: string[] = [];
  for (const file of filesOf(opened.manifest)) {
    signal?.throwIfAborted();
    const fault = await faultOfFile(opened.pathOf(file), file);
    if (fault !== undefined) faults.push(fault);
  }
  if (faults.length === 0) return opened;
  throw cannot(`open model "${source}"`, faults.join("; "), { kind: Error });
}

/** Reads a folder's `model.json`; other files are not looked at. */
export async function readModelFolder(source: string): Promise<OpenedModel> {
  const action = `open model "${source}"`;
  const folder = source.replace(/(^|[\\/])model\.json$/, "$1") || ".";
  try {
    if (!(await Deno.stat(folder)).isDirectory) {
      throw new TypeError(
        `it is not a folder with a ${MANIFEST}; weights alone are for --weights`,
      );
    }
    const path = join(folder, MANIFEST);
    if (!(await Deno.stat(path)).isFile) { // a pipe would wait for its writer
      throw new TypeError(`its ${MANIFEST} is not a regular file`);
    }
    const text = await readText(path, { most: MAX_MODEL_JSON });
    const sha256 = await hashOf(path);
    return new OpenedModel({
      ...{ source: folder, manifest: readManifest(text, source), sha256 },
      pathOf: ({ file }) => join(folder, file),
    });
  } catch (cause) {
    if (isMissing(cause)) {
      const isThere = await Deno.stat(folder).then(() => true, () => false);
      throw cannot(
        action,
        isThere
          ? `the folder has no ${MANIFEST}; make one with "tilewise model pack"`
          : "the folder does not exist",
        { kind: Error, cause },
      );
    }
    throw explained(cause, action);
  }
}
