import { cannot, reasonOf } from "../errors/cannot.ts";
import { toNormalization } from "../predict/checkpoint_metadata.ts";
import type { Normalization } from "../kernels/tile.ts";
import type { UnextOptions } from "../models/unext_options.ts";
import {
  type Activation,
  faultOfClasses,
  type MaskClass,
} from "../io/classes.ts";
import { MANIFEST_SCHEMA, MODEL_FORMAT } from "./manifest_schema.ts";
import { findFaults } from "./schema.ts";

/** The file of a folder that describes its model. */
export const MANIFEST = "model.json";

/**
 * A file of a model's folder.
 *
 * @category Models
 */
export interface ModelFile {
  /** Its path inside the folder, with `/`. */
  readonly file: string;
  /** Its size. */
  readonly bytes: number;
  /** Its SHA-256, as hexadecimal digits. */
  readonly sha256: string;
}

/**
 * What a model takes.
 *
 * @category Models
 */
export interface ModelInput {
  /** Micrometers per tile pixel; else `downsample` is given. */
  readonly mpp?: number;
  /** Slide pixels per tile pixel; else `mpp` is given. */
  readonly downsample?: number;
  /** Side of the part of a tile that is kept, in tile pixels. */
  readonly tile: number;
  /** Margin around it that the network sees, both sides together. */
  readonly expansion: number;
  /** Always red, green, blue. */
  readonly channels: readonly string[];
  /** The values of black and white, to which `mean` and `std` refer: 0 and 1, or 0 and 255. */
  readonly range: readonly number[];
  /** Mean of each channel. */
  readonly mean: readonly number[];
  /** Standard deviation of each channel. */
  readonly std: readonly number[];
}

/**
 * What a model gives.
 *
 * @category Models
 */
export interface ModelOutput {
  /** What makes probabilities of the network's outputs: one a class, or with `softmax` one more, the first, for background. */
  readonly activation: Activation;
  /** Probability above which a pixel belongs to a class. */
  readonly threshold: number;
  /** Minimum area of objects. Default: 0. */
  readonly minimumArea?: {
    readonly value: number;
    readonly unit: "µm²" | "px";
  };
  /** The classes, in order. */
  readonly classes: readonly MaskClass[];
}

/**
 * The contents of `model.json`.
 *
 * @category Models
 */
export interface ModelManifest {
  /** The version of the format. */
  readonly format: "tilewise-model/1";
  /** Its name, on one line. */
  readonly name: string;
  /** Its version, such as 1.0.0. */
  readonly version: string;
  /** What it segments, in which slides. */
  readonly description?: string;
  /** The license, as SPDX names it. */
  readonly license: string;
  /** What to cite. */
  readonly citation?: string;
  /** The networks whose probabilities are averaged. */
  readonly weights: readonly ModelFile[];
  /** How the networks compute: a UNeXt of these sizes, or what their ONNX files say. */
  readonly network:
    | { readonly type: "unext"; readonly sizes: UnextOptions }
    | { readonly type: "onnx" };
  /** What it takes. */
  readonly input: ModelInput;
  /** What it gives. */
  readonly output: ModelOutput;
  /** Tensors in and out in a safetensors file, and the largest difference of probabilities. */
  readonly test?: ModelFile & { readonly tolerance: number };
  /** Where it comes from: data, metrics and the like. */
  readonly provenance?: Readonly<Record<string, unknown>>;
}

/** What is wrong with the contents of a `model.json`, a line for each thing; none if it is a manifest. */
export function manifestFaults(value: unknown): string[] {
  const format = typeof value === "object" && value !== null &&
    Object.hasOwn(value, "format") && (value as { format: unknown }).format;
  // Nothing else is known of another version.
  if (
    typeof format === "string" && /^tilewise-model\/\d+$/.test(format) &&
    format !== MODEL_FORMAT
  ) {
    return [
      `its format is "${
        format.slice(0, 40)
      }", and this version of Tilewise reads "${MODEL_FORMAT}": use a newer Tilewise, or a model in that format`,
    ];
  }
  const faults = findFaults(value, MANIFEST_SCHEMA, "");
  return faults.length > 0
    ? faults.map((fault) => fault.replace(/^ /, "it "))
    : crossFaults(value as ModelManifest);
}

/** Rules about several fields. */
function crossFaults(manifest: ModelManifest): string[] {
  const { network, input, output, weights, test } = manifest;
  const sizes = "sizes" in network;
  const [black, white] = input.range;
  const files = [...weights, ...test ? [test] : []]
    .map(({ file }) => file.toLowerCase());
  const classFault = faultOfClasses(output.classes);
  const rules: [holds: boolean, fault: string][] = [
    [
      (input.mpp === undefined) !== (input.downsample === undefined),
      "input must have mpp or downsample, and not both",
    ],
    [
      input.channels.join() === "red,green,blue",
      `input.channels must be red, green, blue in this order, received ${
        input.channels.join(", ")
      }`,
    ],
    [
      black === 0 && (white === 1 || white === 255),
      `input.range must be [0, 1] or [0, 255], received [${input.range}]`,
    ],
    [
      normalizationOf(input) !== undefined,
      "input.mean and input.std must lie in input.range",
    ],
    [
      network.type !== "unext" || sizes,
      "network.sizes is missing, which the type unext needs",
    ],
    [
      network.type !== "onnx" || !sizes,
      "network.sizes is for the type unext alone",
    ],
    [
      classFault === undefined,
      `output.classes cannot be used: ${classFault}`,
    ],
    [
      new Set([...files, MANIFEST]).size > files.length,
      "its files must have different names",
    ],
  ];
  return rules.flatMap(([holds, fault]) => holds ? [] : [fault]);
}

/** The normalization of a model's input, for values from 0 to 1. */
export function normalizationOf(
  { range: [, white], mean, std }: ModelInput,
): Normalization | undefined {
  const scaled = (values: readonly number[]) =>
    values.map((value) => value / white);
  return toNormalization(scaled(mean), scaled(std));
}

/**
 * Reads the contents of a `model.json`.
 *
 * @param name Where it is, for messages.
 * @throws {SyntaxError} If it is not JSON, or a field is missing, unknown or wrong; the message has a part for each.
 */
export function readManifest(text: string, name: string): ModelManifest {
  const action = `read model "${name}"`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw cannot(action, `its ${MANIFEST} is not JSON: ${reasonOf(cause)}`, {
      kind: SyntaxError,
      cause,
    });
  }
  const faults = manifestFaults(value);
  if (faults.length === 0) return value as ModelManifest;
  throw cannot(action, `in its ${MANIFEST}, ${faults.join("; ")}`, {
    kind: SyntaxError,
  });
}
