import { cannot } from "../../errors/cannot.ts";
import { pad2d as kernel, type PadMode } from "../../kernels/window.ts";
import { defineOp } from "../op.ts";
import { formatShape, sizeOf, type Tensor } from "../tensor.ts";

/** Options for {@linkcode pad2d}. */
export interface Pad2dOptions {
  /** Pixels to add on each side; negative ones are cut off. */
  readonly top?: number;
  readonly left?: number;
  readonly bottom?: number;
  readonly right?: number;
  /** What is added. Default: `constant`. */
  readonly mode?: PadMode;
  /** For `constant`. Default: 0. */
  readonly value?: number;
}

interface Pad2dNode extends Tensor, Required<Pad2dOptions> {}

const pad2dOp = defineOp<Pad2dNode>({
  name: "pad2d",
  lower(node, { precision }) {
    const { inputs: [input], shape: [batch, channels], mode, value } = node;
    const program = kernel.program({
      batch,
      channels,
      inputSize: sizeOf(input),
      outputSize: sizeOf(node),
      padding: [node.top, node.left],
      mode,
      value,
    }, precision);
    return [{ program, tensors: { input } }];
  },
  onnx({ top, left, bottom, right, mode, value }) {
    const pads = [0, 0, top, left, 0, 0, bottom, right].map(BigInt);
    return [{
      operator: "Pad",
      constants: [
        { role: "pads", values: pads },
        { role: "value", values: Float32Array.of(value) },
      ],
      attributes: { mode },
    }];
  },
  padsWithZeros: () => true,
});

/**
 * Pads or crops the picture of each channel: PyTorch's `F.pad`.
 *
 * @throws {RangeError} If nothing is left, or a mirror image does not suffice.
 */
export function pad2d(input: Tensor, options: Pad2dOptions): Tensor {
  const { top = 0, left = 0, bottom = 0, right = 0 } = options;
  const { mode = "constant", value = 0 } = options;
  const [batch, channels, height, width] = input.shape;
  const shape = [
    batch,
    channels,
    height + top + bottom,
    width + left + right,
  ] as const;
  const mirrored = mode === "reflect" &&
    (Math.max(top, bottom) >= height || Math.max(left, right) >= width);
  if (shape[2] < 1 || shape[3] < 1 || mirrored) {
    throw cannot(
      `build pad2d "${input.name}.pad2d"`,
      `${formatShape(input.shape)} cannot be padded by ${
        [top, left, bottom, right].join(", ")
      }`,
      { kind: RangeError },
    );
  }
  if (top === 0 && left === 0 && bottom === 0 && right === 0) return input;
  return pad2dOp.node({
    inputs: [input],
    shape,
    top,
    left,
    bottom,
    right,
    mode,
    value,
  });
}
