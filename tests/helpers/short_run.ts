import {
  writeNormalization,
  writeTraining,
} from "../../src/predict/checkpoint_metadata.ts";
import { hubmapNormalization } from "../../src/predict/load_model.ts";
import {
  type BatchEntry,
  inferBatch,
  type InferBatchOptions,
} from "../../src/run/mod.ts";
import { writeSafetensors } from "../../src/weights/write_safetensors.ts";
import { makeTiff } from "./make_tiff.ts";
import { noise } from "./noise.ts";
import { smallOnnx } from "./small_network.ts";
import { syntheticStateDict } from "./synthetic_state_dict.ts";
import { tinyUnext } from "./tiny_unext.ts";

/** Settings of a {@linkcode ShortRun}. */
export interface ShortRunOptions
  extends Partial<Omit<InferBatchOptions, "weights" | "out">> {
  /** Slides. Default: the folder of two. */
  readonly sources?: readonly string[];
}

/** What a run without faults makes. */
export interface Undisturbed {
  /** The number of slides. */
  readonly slides: number;
  /** The results, as {@linkcode ShortRun.results} gives them. */
  readonly expected: Readonly<Record<string, string>>;
}

/** Pictures name the run in compressed text. */
const FORMATS: InferBatchOptions["formats"] = new Set(
  ["rle", "tiff", "geojson", "objects", "json", "html", "probability"],
);

/** A short run: two slides, 25 tiles in the first, with tiles of the size that the weights record. */
export class ShortRun implements AsyncDisposable {
  readonly folder: string;
  readonly #weights: string;
  readonly #sources: readonly string[];
  #runs = 0;
  #undisturbed = new Map<string, Undisturbed>();

  private constructor(folder: string, least: boolean) {
    this.folder = folder;
    this.#weights = `${folder}/w.${least ? "onnx" : "safetensors"}`;
    this.#sources = [least ? this.slide("b") : `${folder}/slides`];
  }

  /**
   * Makes slides and weights.
   *
   * @param options.least Whether it has as few calls as can be: the smaller slide, a network of four layers. Default: false.
   */
  static async create({ least = false } = {}): Promise<ShortRun> {
    const folder = await Deno.makeTempDir({ prefix: "tilewise-faults-" });
    await Deno.mkdir(`${folder}/slides`);
    const run = new ShortRun(folder, least);
    await Deno.writeFile(run.#weights, least ? smallWeights() : tinyWeights());
    for (const [name, side] of [["a", 150], ["b", 60]] as const) {
      await Deno.writeFile(
        run.slide(name),
        await makeTiff([{
          ...{ width: side, height: side, pixels: noise(side, side) },
          tile: { width: 32, height: 32 },
          compression: "deflate",
        }]),
      );
    }
    return run;
  }

  /** The path of a slide. */
  slide(name: string): string {
    return `${this.folder}/slides/${name}.tif`;
  }

  /** Makes a slide so large that threads decode the last of its blocks. */
  async largeSlide(): Promise<string> {
    const [side, cell] = [2100, 60];
    const page = { width: side, height: side, pixels: cells(side, cell) };
    const tile = { width: 256, height: 256 };
    const path = `${this.folder}/large.tif`;
    await Deno.writeFile(
      path,
      await makeTiff([{ ...page, tile, compression: "deflate" }]),
    );
    return path;
  }

  /** A folder for results. */
  out(): string {
    return `${this.folder}/out${this.#runs++}`;
  }

  /** What a run without faults makes of these settings. */
  async undisturbed(setting: ShortRunOptions): Promise<Undisturbed> {
    const key = JSON.stringify({ ...setting, timeout: undefined });
    const known = this.#undisturbed.get(key);
    if (known) return known;
    const out = this.out();
    const { length: slides } = await this.infer(out, setting);
    const made = { slides, expected: await this.results(out) };
    this.#undisturbed.set(key, made);
    return made;
  }

  /** Runs the batch; what it throws is an entry's error too. */
  async infer(
    out: string,
    { sources = this.#sources, ...options }: ShortRunOptions = {},
  ): Promise<readonly BatchEntry[]> {
    let told: readonly BatchEntry[] = [];
    try {
      return await inferBatch(sources, {
        formats: FORMATS,
        ...options,
        ...{ weights: [this.#weights], out },
        onEvent(event) {
          if (event.kind === "entries") told = event.entries;
          return options.onEvent?.(event);
        },
      });
    } catch (error) {
      const failed = { source: "", place: "", status: "failed" } as const;
      return [...told, { ...failed, error: (error as Error).message }];
    }
  }

  /** The results' bytes by name, without what names the run or tells the time; of pages, only that they are whole. */
  async results(out: string): Promise<Record<string, string>> {
    const files: Record<string, string> = {};
    const names = await Array.fromAsync(Deno.readDir(out), ({ name }) => name)
      .catch(() => []);
    for (const name of names.sort()) {
      const bytes = await Deno.readFile(`${out}/${name}`);
      const text = new TextDecoder("latin1").decode(bytes)
        .replace(/\d{8}T\d{6}Z-[0-9a-f]{8}/g, "RUN");
      const isPage = /<\/html>\s*$/.test(text);
      files[name] = name.endsWith(".json")
        ? objectsOf(text)
        : isPage
        ? "page"
        : text;
    }
    return files;
  }

  /** Removes all files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

const TRAINING = writeTraining({ tile: 32, expansion: 32, downsample: 1 });

function tinyWeights(): Uint8Array {
  const values = syntheticStateDict(tinyUnext, { bias: 0.1 });
  return writeSafetensors(values, TRAINING);
}

function smallWeights(): Uint8Array {
  const normalization = writeNormalization(hubmapNormalization);
  return smallOnnx(64, { ...normalization, ...TRAINING });
}

/** A picture of cells of one color each, so that some of it is left when it is made smaller. */
function cells(side: number, cell: number): Uint8Array {
  const count = Math.ceil(side / cell);
  const colors = noise(count, count);
  const pixels = new Uint8Array(side * side * 3);
  for (let i = 0; i < side * side; i++) {
    const row = Math.floor(i / side / cell);
    const column = Math.floor(i % side / cell);
    const at = (row * count + column) * 3;
    pixels.set(colors.subarray(at, at + 3), i * 3);
  }
  return pixels;
}

function objectsOf(text: string): string {
  try {
    const { objects, positiveFraction, tiles } = JSON.parse(text);
    return JSON.stringify({ objects, positiveFraction, tiles });
  } catch {
    return text;
  }
}
