import { extname, join } from "node:path";
import { cannot, reasonOf } from "../errors/cannot.ts";
import { AtomicFile } from "../io/atomic_file.ts";
import type { Activation, MaskClass } from "../io/classes.ts";
import type { Normalization } from "../kernels/tile.ts";
import { recognizeArchitecture } from "../models/recognize_architecture.ts";
import {
  hubmapNormalization,
  type LoadModelOptions,
} from "../predict/load_model.ts";
import { FOREGROUND, networkClasses } from "../predict/network_classes.ts";
import { readNetwork, type SavedNetwork } from "../predict/read_network.ts";
import { recognize } from "../predict/recognize_network.ts";
import {
  MANIFEST,
  manifestFaults,
  type ModelFile,
  type ModelManifest,
  type ModelOutput,
} from "./manifest.ts";
import { MODEL_FORMAT } from "./manifest_schema.ts";
import { describeModel } from "./model_card.ts";
import { describeFile, digestOf } from "./model_files.ts";
import { OpenedModel } from "./open_model.ts";
import { makeTest } from "./test_model.ts";

/**
 * Options for {@linkcode packModel}.
 *
 * @category Models
 */
export interface PackModelOptions extends
  Pick<
    ModelManifest,
    "name" | "version" | "license" | "description" | "citation" | "provenance"
  > {
  /** The new folder. */
  readonly out: string;
  /** What it takes. Default: what the weights were trained with; without that, tile 1024, expansion 256, downsample 2. */
  readonly input?: Partial<ModelManifest["input"]>;
  /** Probability above which a pixel is in the mask. Default: 0.5. */
  readonly threshold?: number;
  /** Minimum area of objects. Default: 0. */
  readonly minimumArea?: ModelOutput["minimumArea"];
  /** The classes of the network's outputs, in order. Default: those of the weights. */
  readonly classes?: readonly MaskClass[];
  /** What makes probabilities of the outputs. Default: what fits their number. */
  readonly activation?: Activation;
  /** Side of the picture of its self-test. Default: 256, or the only one that it takes. */
  readonly side?: number;
  /** The device of the self-test. Default: `auto`. */
  readonly device?: LoadModelOptions["device"];
  /** Called with what neither the weights nor the options say, so that defaults are taken. */
  readonly onNotice?: (text: string) => void;
}

/** The largest difference of probabilities that another device may have. */
const TOLERANCE = 0.01;

/**
 * Makes a model's folder from weights: copies them, runs the network once for the self-test, and writes a card and
 * `model.json`. The card, `README.md`, has what `model.json` says; if `provenance.log` is the log of a training run (a header,
 * then a line for each epoch), `curves.svg` shows it. Deno only.
 *
 * @throws {Error} If the folder exists, weights cannot be read, or something that `model.json` needs is missing or wrong.
 *
 * @category Models
 */
export async function packModel(
  weights: readonly string[],
  options: PackModelOptions,
): Promise<OpenedModel> {
  const { out, side } = options;
  const action = `pack model "${out}"`;
  const saved: SavedNetwork[] = [];
  for (const path of weights) saved.push(await readNetwork(path));
  const files = await Promise.all(weights.map(async (path, i) => {
    const ending = extname(path).toLowerCase().replace(/[^.a-z0-9]/g, "");
    const name = `weights${weights.length > 1 ? i : ""}${ending}`;
    const bytes = await Deno.readFile(path);
    return { ...describeFile(name, bytes), path };
  }));
  const manifest = describe(saved, options, {
    weights: files.map(({ path: _, ...file }) => file),
    file: weights[0],
  });
  const faults = manifestFaults(manifest);
  if (faults.length > 0) {
    throw cannot(action, faults.join("; "), { kind: TypeError });
  }
  try {
    await Deno.mkdir(out);
  } catch (cause) {
    const exists = cause instanceof Deno.errors.AlreadyExists;
    throw cannot(action, exists ? "it exists already" : reasonOf(cause), {
      cause,
    });
  }
  try {
    for (const { path, file } of files) {
      await Deno.copyFile(path, join(out, file));
    }
    const pathOf = ({ file }: ModelFile) => join(out, file);
    const parts = { source: out, manifest, sha256: "", pathOf };
    const untested = new OpenedModel(parts);
    await using model = await untested.load({
      precision: "f32",
      device: options.device,
    });
    const only = saved.find(({ architecture }) => architecture?.side)
      ?.architecture?.side;
    const test = await makeTest(model, side ?? only ?? 256);
    await AtomicFile.replace(join(out, "test.safetensors"), test);
    const whole: ModelManifest = {
      ...manifest,
      test: { ...describeFile("test.safetensors", test), tolerance: TOLERANCE },
    };
    for (const [name, text] of Object.entries(describeModel(whole))) {
      await AtomicFile.replace(join(out, name), text);
    }
    const text = JSON.stringify(whole, null, 2) + "\n";
    await AtomicFile.replace(join(out, MANIFEST), text); // the last: it makes the folder a model's
    const sha256 = digestOf(text);
    return new OpenedModel({ ...parts, manifest: whole, sha256 });
  } catch (error) {
    await Deno.remove(out, { recursive: true }).catch(() => {});
    throw error;
  }
}

function describe(
  saved: readonly SavedNetwork[],
  options: PackModelOptions,
  { weights, file }: Pick<ModelManifest, "weights"> & { readonly file: string },
): ModelManifest {
  const { name, version, license, description, citation } = options;
  const { threshold = 0.5, minimumArea, provenance } = options;
  const training = saved.find(({ training }) => training)?.training;
  const given = options.input ?? {};
  const known = given.mean ? undefined : normalizationIn(saved);
  const from = given.mpp ?? given.downsample ? given : training;
  const [{ architecture, stateDict }] = saved;
  const { classes, activation } = networkClasses(
    architecture ?? recognize(stateDict, file, new Map()),
    {
      ...{ name: file, training, activation: options.activation },
      classes: options.classes ?? training?.outputs,
    },
  );
  const only = training?.classes?.length === 1
    ? training.classes[0]
    : undefined;
  const assumed: string[] = [];
  const or = <T>(value: T | undefined, usual: T, name: string): T => {
    if (value === undefined) assumed.push(name);
    return value ?? usual;
  };
  const manifest: ModelManifest = {
    format: MODEL_FORMAT,
    ...{ name, version },
    ...(description !== undefined && { description }),
    license,
    ...(citation !== undefined && { citation }),
    weights,
    network: networkOf(saved),
    input: {
      ...(from?.mpp !== undefined
        ? { mpp: from.mpp }
        : { downsample: or(from?.downsample, 2, "downsample 2") }),
      tile: or(given.tile ?? training?.tile, 1024, "tile 1024"),
      expansion: or(
        given.expansion ?? training?.expansion,
        256,
        "expansion 256",
      ),
      channels: ["red", "green", "blue"],
      range: given.range ?? [0, 1],
      mean: or(
        given.mean ?? known?.mean,
        hubmapNormalization.mean,
        "the normalization of HuBMAP's kidney slides",
      ),
      std: given.std ?? known?.std ?? hubmapNormalization.std,
    },
    output: {
      activation,
      threshold,
      ...(minimumArea && { minimumArea }),
      classes: classes[0] === FOREGROUND
        ? [{ name: or(only, "glomerulus", "class glomerulus") }]
        : classes,
    },
    ...(provenance && { provenance }),
  };
  const settings = saved.flatMap(({ training }) => {
    if (!training) return [];
    const { mpp, downsample, tile, expansion, classes } = training;
    return [JSON.stringify([mpp, downsample, tile, expansion, classes])];
  });
  if (new Set(settings).size > 1) {
    options.onNotice?.(
      "The weights were trained with different scales, tiles or classes: model.json has those of the first",
    );
  }
  if (assumed.length > 0) {
    options.onNotice?.(
      `The weights do not say all that they were trained with: model.json has the default ${
        assumed.join(", ")
      }; correct it`,
    );
  }
  return manifest;
}

/**
 * The one normalization of all networks, if their files say it.
 *
 * @throws {TypeError} If they have several, or an ONNX file does not say it.
 */
function normalizationIn(
  saved: readonly SavedNetwork[],
): Normalization | undefined {
  const all = saved.map(({ normalization }) => normalization);
  const [known] = all;
  const reason = saved.some((one) => one.architecture && !one.normalization)
    ? "its ONNX file does not say how its input is normalized"
    : all.some((one) => JSON.stringify(one) !== JSON.stringify(known))
    ? "its networks have different normalizations, and a model has one"
    : undefined;
  if (reason === undefined) return known;
  throw cannot(
    "pack a model",
    `${reason}: give mean and standard deviation with --normalization`,
    { kind: TypeError },
  );
}

/** The networks, which must all be of one kind. */
function networkOf(saved: readonly SavedNetwork[]): ModelManifest["network"] {
  const kinds = saved.map(({ architecture, stateDict }) =>
    architecture ? { type: "onnx" as const } : {
      type: "unext" as const,
      sizes: recognizeArchitecture(stateDict).options,
    }
  );
  if (new Set(kinds.map((kind) => JSON.stringify(kind))).size === 1) {
    return kinds[0];
  }
  throw cannot(
    "pack a model",
    "its weights must be one or more networks of the same sizes",
    { kind: TypeError },
  );
}
