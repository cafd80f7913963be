import { cannot, reasonOf } from "../errors/cannot.ts";
import type { LoadModelOptions } from "../predict/load_model.ts";
import type { Model } from "../predict/model.ts";
import { readSafetensors } from "../weights/read_safetensors.ts";
import {
  type StateDict,
  type TensorData,
  toFloat32,
} from "../weights/tensor_data.ts";
import { writeSafetensors } from "../weights/write_safetensors.ts";
import type { OpenedModel } from "./open_model.ts";

/**
 * What a model's self-test found.
 *
 * @category Models
 */
export interface ModelTest {
  /** The largest difference of a probability. */
  readonly difference: number;
  /** The largest that the model allows. */
  readonly tolerance: number;
  /** The device that it ran on. */
  readonly device: string;
}

/**
 * Runs a model on the tensors of its folder, and compares the result, on this machine's device. In f32, unless a precision
 * is given.
 *
 * @returns what was found; `undefined` if the folder has no test.
 * @throws {TypeError} If its tensors are not `input` and `output` of one side.
 *
 * @category Models
 */
export async function testModel(
  opened: OpenedModel,
  options: LoadModelOptions = {},
): Promise<ModelTest | undefined> {
  const { test } = opened.manifest;
  if (!test) return undefined;
  const { input, output, side } = readTest(
    await Deno.readFile(opened.pathOf(test)),
    {
      ...{ title: opened.title, file: test.file },
      classes: opened.manifest.output.classes,
    },
  );
  await using model = await opened.load({ precision: "f32", side, ...options });
  const found = await predictOne(model, input.data, side);
  const expected = toFloat32(output);
  let difference = 0;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(expected[i] - found[i]);
    // Not a number is as wrong as can be.
    difference = distance <= difference ? difference : distance;
    if (Number.isNaN(distance)) {
      return { ...about(model), difference: Infinity };
    }
  }
  return { ...about(model), difference };

  function about({ about: { name } }: Model) {
    return { tolerance: test!.tolerance, device: name };
  }
}

/** The tensors of a test, from its file. */
function readTest(
  bytes: Uint8Array<ArrayBuffer>,
  { title, file, classes }: {
    readonly title: string;
    readonly file: string;
    readonly classes: readonly unknown[];
  },
): {
  readonly input: TensorData;
  readonly output: TensorData;
  readonly side: number;
} {
  const action = `test model "${title}"`;
  let tensors: StateDict;
  try {
    tensors = readSafetensors(bytes);
  } catch (cause) {
    throw cannot(action, `"${file}": ${reasonOf(cause)}`, { cause });
  }
  const [input, output] = [tensors.get("input"), tensors.get("output")];
  const side = input?.shape[0] ?? 0;
  if (
    input && output && input.dtype === "u8" && output.dtype === "f32" &&
    input.shape.join() === `${side},${side},3` &&
    output.shape.join() === shapeOf(classes, side).join() && side > 0
  ) return { input, output, side };
  throw cannot(
    action,
    `"${file}" must have the tensors input (u8, side×side×3) and output (f32, ${
      classes.length > 1 ? `${classes.length}×` : ""
    }side×side)`,
    { kind: TypeError },
  );
}

/** The tensors of a test: a picture of colors of every kind, and what the model finds there. */
export async function makeTest(
  model: Model,
  side: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const pixels = testPicture(side);
  const values = await predictOne(model, pixels, side);
  return writeSafetensors(
    new Map([
      ["input", { shape: [side, side, 3], dtype: "u8", data: pixels }],
      ["output", {
        shape: shapeOf(model.classes, side),
        dtype: "f32",
        data: new Uint8Array(values.buffer),
      }],
    ]),
  );
}

/** The shape of the probabilities: planes, if there are several classes. */
function shapeOf(classes: readonly unknown[], side: number): number[] {
  return classes.length > 1 ? [classes.length, side, side] : [side, side];
}

async function predictOne(
  model: Model,
  pixels: Uint8Array,
  side: number,
): Promise<Float32Array<ArrayBuffer>> {
  await using predictor = await model.predictor({
    ...{ size: side, expansion: 0, factor: 1, span: side },
    ...{ probability: false, probabilities: true },
    ...{ flips: false, threshold: 0.5 },
  });
  const result = predictor.predict(pixels.slice());
  await predictor.ready;
  predictor.flush(); // weights that are swapped would wait for a batch
  const { probabilities = [] } = await result;
  const values = new Float32Array(side * side * probabilities.length);
  probabilities.forEach((plane, k) => values.set(plane, k * side * side));
  return values;
}

/** Waves of different lengths in each channel, with grain. */
function testPicture(side: number): Uint8Array<ArrayBuffer> {
  const pixels = new Uint8Array(side * side * 3);
  let grain = 1;
  for (let i = 0; i < pixels.length; i++) {
    const channel = i % 3;
    const [x, y] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
    grain = Math.imul(grain, 1664525) + 1013904223 | 0;
    const wave = Math.sin(x / (9 + 4 * channel)) * Math.cos(y / (13 - channel));
    pixels[i] = 150 + 70 * wave + (grain >>> 24) / 8;
  }
  return pixels;
}
