import { MOST_CLASSES } from "../io/classes.ts";
import type { Schema } from "./schema.ts";

/** The version of the format that this version of Tilewise reads and writes. */
export const MODEL_FORMAT = "tilewise-model/1";

const line = (maxLength: number, about: string): Schema => ({
  type: "string",
  description: about,
  pattern: "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]+$",
  maxLength,
});

const object = (
  properties: Readonly<Record<string, Schema>>,
  { optional = [], description }: {
    readonly optional?: readonly string[];
    readonly description?: string;
  } = {},
): Schema => ({
  type: "object",
  ...(description !== undefined && { description }),
  properties,
  required: Object.keys(properties).filter((key) => !optional.includes(key)),
  additionalProperties: false,
});

const count = (maximum: number, minimum = 1): Schema => ({
  type: "integer",
  minimum,
  maximum,
});

const list = (
  items: Schema,
  minItems: number,
  maxItems = minItems,
): Schema => ({
  type: "array",
  items,
  minItems,
  maxItems,
});

const file: Readonly<Record<string, Schema>> = {
  file: {
    type: "string",
    description:
      "a path inside the folder, such as weights.safetensors, of letters, digits, dots, dashes and underscores",
    pattern: "^[A-Za-z0-9][A-Za-z0-9._\\-]*(?:/[A-Za-z0-9][A-Za-z0-9._\\-]*)*$",
    maxLength: 200,
  },
  bytes: { type: "integer", minimum: 1, maximum: 2 ** 36 },
  sha256: {
    type: "string",
    description: "64 hexadecimal digits in lower case",
    pattern: "^[0-9a-f]{64}$",
  },
};

const CHANNELS = 8192;
const perStage = list(count(CHANNELS), 4);

/** The sizes of a UNeXt, as in `UnextOptions`. */
const sizes = object({
  stem: count(CHANNELS),
  blocks: list(count(64), 4),
  widths: perStage,
  groups: count(CHANNELS),
  channels: perStage,
  aspp: object({
    mid: count(CHANNELS),
    out: count(CHANNELS),
    groups: count(CHANNELS),
    dilations: list(count(64), 0, 16),
  }),
  decoder: perStage,
  fpn: object({ mid: count(CHANNELS), out: count(CHANNELS) }),
}, { description: "the sizes of a UNeXt; of type unext alone" });

const share: Schema = { type: "number", minimum: 0, maximum: 1 };

/** What `model.json` may say; `docs/model.schema.json` is a copy. Rules about several fields are in `checkManifest()`. */
export const MANIFEST_SCHEMA: Schema = object({
  format: { type: "string", enum: [MODEL_FORMAT] },
  name: line(100, "a name on one line"),
  version: line(50, "a version on one line, such as 1.0.0"),
  description: line(2000, "what it segments in which slides, on one line"),
  license: line(200, "a license on one line, as SPDX names it: MIT"),
  citation: line(2000, "what to cite, on one line"),
  weights: list(object(file), 1, 64),
  network: object({
    type: { type: "string", enum: ["unext", "onnx"] },
    sizes,
  }, { optional: ["sizes"] }),
  input: object({
    mpp: {
      type: "number",
      description: "micrometers per tile pixel; or downsample",
      exclusiveMinimum: 0,
      maximum: 1000,
    },
    downsample: {
      type: "number",
      description: "slide pixels per tile pixel; or mpp",
      minimum: 1,
      maximum: 1024,
    },
    tile: count(16384),
    expansion: count(16384, 0),
    channels: list({ type: "string", enum: ["red", "green", "blue"] }, 3),
    range: list({ type: "number" }, 2),
    mean: list({ type: "number" }, 3),
    std: list({ type: "number", exclusiveMinimum: 0 }, 3),
  }, { optional: ["mpp", "downsample"] }),
  output: object({
    activation: { type: "string", enum: ["sigmoid", "softmax"] },
    threshold: share,
    minimumArea: object({
      value: { type: "number", minimum: 0 },
      unit: { type: "string", enum: ["µm²", "px"] },
    }),
    classes: list(
      object({
        name: line(100, "a name on one line"),
        color: {
          type: "string",
          description: "a color like #c8102e",
          pattern: "^#[0-9a-fA-F]{6}$",
        },
      }, { optional: ["color"] }),
      1,
      MOST_CLASSES,
    ),
  }, { optional: ["minimumArea"] }),
  test: object({
    ...file,
    tolerance: { type: "number", exclusiveMinimum: 0, maximum: 1 },
  }, {
    description:
      "a safetensors file: input (u8, side×side×3), output (f32, side×side, or classes×side×side if there are several; probabilities)",
  }),
  provenance: {
    type: "object",
    description: "data, metrics, commit and the like; any members",
  },
}, { optional: ["description", "citation", "test", "provenance"] });
