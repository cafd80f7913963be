import { basename } from "node:path";
import { type Activation, type MaskClass, severalOf } from "../io/classes.ts";
import {
  type NetworkTraining,
  readNormalization,
  readTraining,
} from "../predict/checkpoint_metadata.ts";
import {
  type Checkpoint,
  contradictions,
  names,
  type RunSettings,
  scaleContradictions,
} from "./contradictions.ts";
import type { OpenedModel } from "../model_folder/open_model.ts";
import { readMetadata } from "./read_metadata.ts";
import type { Tell } from "./run_context.ts";
import { range, scaleOf, tileMppOf } from "./tile_scale.ts";

/** Settings recorded in checkpoints, as defaults. */
export type TrainedDefaults =
  & Pick<NetworkTraining, "downsample" | "mpp" | "tile" | "expansion">
  & {
    readonly classification?: string;
    /** The classes of its outputs, if there are several. */
    readonly outputs?: readonly MaskClass[];
    readonly activation?: Activation;
  };

/** The training that the checkpoints of a run record: defaults for the run, and contradictions to it. */
export class TrainedWith {
  readonly #checkpoints: readonly Checkpoint[];

  private constructor(checkpoints: readonly Checkpoint[]) {
    this.#checkpoints = checkpoints;
  }

  /**
   * Reads the metadata of checkpoints; none if one cannot be read: loading it reports that.
   *
   * @throws {SyntaxError} If metadata are invalid.
   */
  static async read(paths: readonly string[]): Promise<TrainedWith> {
    const files = paths.map((path) => basename(path));
    // Every run of `train` has a best.safetensors.
    const names = new Set(files).size < files.length ? paths : files;
    const checkpoints = paths.map(async (path, i) => {
      const metadata = await readMetadata(path);
      const name = names[i];
      return {
        name,
        training: readTraining(metadata, { name }),
        normalization: readNormalization(metadata, { name }),
      };
    });
    return new TrainedWith(await Promise.all(checkpoints));
  }

  /** What a model's folder says, in place of its checkpoints. */
  static ofModel(opened: OpenedModel): TrainedWith {
    const { title: name, training, normalization } = opened;
    return new TrainedWith([{ name, training, normalization }]);
  }

  /** The classes of the networks' outputs, if they say that there are several. */
  get classes(): readonly MaskClass[] | undefined {
    return severalOf(
      this.#checkpoints.find(({ training }) => training?.outputs)?.training
        ?.outputs,
    );
  }

  /** The defaults: each setting that is not given is that of the first checkpoint that records it. */
  defaults(given: ReadonlySet<string>): TrainedDefaults {
    const all = this.#checkpoints.flatMap(({ training }) => training ?? []);
    const first = <T>(of: (training: NetworkTraining) => T | undefined) =>
      all.map(of).find((value) => value !== undefined);
    const scaled = all.find((one) => scaleOf(one) !== undefined);
    const { mpp, downsample } = isScaled(given) || !scaled ? {} : scaled;
    const tile = given.has("tile") ? undefined : first(({ tile }) => tile);
    const expansion = given.has("expansion")
      ? undefined
      : first(({ expansion }) => expansion);
    const classification = given.has("class")
      ? undefined
      : first(({ classes }) => classes?.length === 1 ? classes[0] : undefined);
    const outputs = first(({ outputs }) =>
      outputs && outputs.length > 1 ? outputs : undefined
    );
    const activation = first(({ activation }) => activation);
    return {
      ...(outputs !== undefined && { outputs }),
      ...(activation !== undefined && { activation }),
      ...(mpp !== undefined && { mpp }),
      ...(mpp === undefined && downsample !== undefined && { downsample }),
      ...(tile !== undefined && { tile }),
      ...(expansion !== undefined && { expansion }),
      ...(classification !== undefined && { classification }),
    };
  }

  /** Reports defaults from the checkpoints, and settings that they do not record. */
  async tellDefaults(
    given: ReadonlySet<string>,
    run: RunSettings,
    tell: Tell,
  ): Promise<void> {
    for (const text of [this.#taken(given), this.#unsaid(given, run)]) {
      if (text) await tell({ kind: "notice", text });
    }
  }

  /** Contradictions between a run and the checkpoints, or between checkpoints, a line each. */
  warnings(run: RunSettings): string[] {
    return contradictions(this.#checkpoints, run);
  }

  /** Contradictions to the scale of slides; see `scaleContradictions()`. */
  scaleWarnings(
    run: RunSettings,
    tileMpp: readonly [least: number, most: number] | undefined,
  ): string[] {
    return scaleContradictions(this.#checkpoints, run, tileMpp);
  }

  /**
   * Reports defaults from the checkpoints, settings that they do not record, and contradictions.
   *
   * @returns the contradictions.
   */
  async tell(
    given: ReadonlySet<string>,
    run: RunSettings,
    tell: Tell,
  ): Promise<string[]> {
    const warnings = this.warnings(run);
    await this.tellDefaults(given, run, tell);
    for (const text of warnings) await tell({ kind: "warning", text });
    return warnings;
  }

  /**
   * Reports contradictions to the scale of a slide, whose tiles have pixels of `tileMpp` micrometers, if known.
   *
   * @returns the contradictions.
   */
  tellScale(
    slide: string,
    { tileMpp, ...run }: RunSettings & {
      readonly tileMpp: number | undefined;
    },
    tell: Tell,
  ): string[] {
    const warnings = this.scaleWarnings(
      run,
      tileMpp === undefined ? undefined : [tileMpp, tileMpp],
    );
    for (const text of warnings) tell({ kind: "warning", slide, text });
    return warnings;
  }

  #taken(given: ReadonlySet<string>): string | undefined {
    const taken = this.defaults(given);
    const { tile, expansion, classification, outputs } = taken;
    const scale = scaleOf(taken);
    const agreeing = this.#checkpoints.filter(({ training }) =>
      training && (!scale || scaleOf(training) === scale) &&
      (!tile || training.tile === tile) &&
      (expansion === undefined || training.expansion === expansion)
    );
    const known = this.#checkpoints.filter(({ training }) => training);
    const from = agreeing.length > 0 ? agreeing : known;
    const micrometers = taken.downsample && tileMppOf(from[0].training!);
    const list = [
      scale && `the scale of ${scale}` +
        (micrometers ? ` (${range(micrometers)})` : ""),
      tile && `tile ${tile}`,
      expansion !== undefined && `expansion ${expansion}`,
      classification && `class ${classification}`,
      outputs && !given.has("class") &&
      `classes ${outputs.map(({ name }) => name).join(", ")}`,
    ].filter((text) => text);
    if (list.length === 0) return undefined;
    return `Using ${list.join(", ")} that ${names(from)} trained with`;
  }

  #unsaid(given: ReadonlySet<string>, run: RunSettings): string | undefined {
    if (isScaled(given) && given.has("tile") && given.has("expansion")) return;
    const { tile, expansion, ...taken } = this.defaults(given);
    const list = [
      !scaleOf(taken) && !isScaled(given) && scaleOf(run, 2),
      tile === undefined && !given.has("tile") && `tile ${run.tile}`,
      expansion === undefined && !given.has("expansion") && run.expansions &&
      `expansion ${run.expansions}`,
    ].filter((text) => text);
    const silent = this.#checkpoints.filter(({ training }) => !training);
    const mute = silent.length > 0 || list.length === 0
      ? silent
      : this.#checkpoints;
    if (mute.length === 0) return undefined;
    const usual = list.length > 0 ? [`the default ${list.join(", ")}`] : [];
    if (
      !given.has("mean") && mute.some(({ normalization }) => !normalization)
    ) {
      usual.push("the normalization of HuBMAP's kidney slides");
    }
    const verbs = ["does not say what it was", "do not say what they were"];
    const silence = `${names(mute, verbs)} trained with`;
    if (usual.length === 0) return silence;
    return `Using ${usual.join(" and ")}: ${silence}`;
  }
}

function isScaled(given: ReadonlySet<string>): boolean {
  return given.has("mpp") || given.has("downsample");
}
