import { cannot } from "../../errors/cannot.ts";
import { blocksOf } from "../../kernels/conv/conv2d.ts";
import { pointwise as kernel } from "../../kernels/pointwise.ts";
import {
  type Formula,
  onnxOperator,
  type PointwiseFunction,
  wgslOf,
} from "../formula.ts";
import {
  type Constant,
  defineOp,
  type OnnxForm,
  type OnnxOperand,
} from "../op.ts";
import {
  formatShape,
  type Parameter,
  perChannel,
  planesOf,
  type Shape,
  type Tensor,
} from "../tensor.ts";

/** A formula of tensors and parameters as a layer. */
export interface PointwiseNode extends Tensor {
  readonly formula: Formula;
  /** Per channel, in order. */
  readonly channelParameters: readonly Parameter[];
}

/** A formula of tensors and parameters, element by element. */
export const pointwiseOp = defineOp<PointwiseNode>({
  name: "pointwise",
  fuses: ["relu"],
  lower(node, { precision }, { relu }) {
    const { inputs, shape, channelParameters } = node;
    const [batch, channels] = shape;
    const formula = wgslOf(node.formula, {
      tensor: (index) => readOf(index, inputs[index].shape, node),
      parameter: (index) =>
        `parameters[${index * blocksOf(channels)}u + block]`,
    });
    const params = {
      batch,
      channels,
      pixels: planesOf(node).pixels,
      inputs: inputs.length,
      hasParameters: channelParameters.length > 0,
      formula: relu ? `max(${formula}, vec4f(0.0))` : formula,
    };
    return [{
      program: kernel.program(params, precision),
      tensors: Object.fromEntries(
        inputs.map((input, i) => [`input${i}`, input] as const),
      ),
      ...(channelParameters.length > 0 && {
        constants: { parameters: channelConstant(channelParameters) },
      }),
    }];
  },
  constants: ({ channelParameters }) =>
    channelParameters.length > 0 ? [channelConstant(channelParameters)] : [],
  onnx: (node) => onnxOf(node),
  padsWithZeros: () => true,
});

/** Parameters one after the other, each padded to blocks of four channels. */
function channelConstant(parameters: readonly Parameter[]): Constant {
  return {
    key: `channels ${parameters.map(({ name }) => name).join(" ")}`,
    parameters,
    pack(...values): ArrayBuffer {
      const size = blocksOf(values[0].length) * 4;
      const packed = new Float32Array(size * values.length);
      values.forEach((one, i) => packed.set(one, i * size));
      return packed.buffer;
    },
  };
}

/** Reads an input of the result's shape, of one pixel, of one channel, or of one value per image. */
function readOf(index: number, shape: Shape, { shape: whole }: Tensor): string {
  const onePixel = shape[2] === 1 && shape[3] === 1 &&
    !(whole[2] === 1 && whole[3] === 1);
  const oneChannel = shape[1] === 1 && whole[1] !== 1;
  const at = oneChannel
    ? onePixel ? "image" : "image * pixels + pixel"
    : onePixel
    ? "plane"
    : "at";
  const value = `unpack(input${index}[${at}])`;
  return oneChannel ? `vec4f(${value}.x)` : value;
}

/** An operator for each function of the formula. */
function onnxOf(
  { name, formula, channelParameters }: PointwiseNode,
): OnnxForm[] {
  const forms: OnnxForm[] = [];
  const operandOf = (part: Formula, role: string): OnnxOperand => {
    if (typeof part === "number") {
      return { role, values: Float32Array.of(part) };
    }
    if ("tensor" in part) return { input: part.tensor };
    if ("parameter" in part) {
      return perChannel(channelParameters[part.parameter]);
    }
    const operands = part.of.map((one, i) => operandOf(one, `value${i}`));
    const operator = onnxOperator(part.name);
    return { step: forms.push({ operator, operands }) - 1 };
  };
  if (!("step" in Object(operandOf(formula, "value")))) {
    throw cannot(`export "${name}" to ONNX`, "it is no function", {
      kind: TypeError,
    });
  }
  return forms;
}

/**
 * A function of tensors, numbers and parameters per channel, element by element. Tensors of one pixel, of one channel or both
 * are repeated.
 *
 * @throws {RangeError} If the shapes do not fit.
 */
export function pointwise(
  name: PointwiseFunction,
  operands: readonly (Tensor | Parameter | number)[],
  options: { readonly name: string },
): PointwiseNode {
  const inputs: Tensor[] = [];
  const channelParameters: Parameter[] = [];
  const of = operands.map((operand): Formula => {
    if (typeof operand === "number") return operand;
    const list: (Tensor | Parameter)[] = "op" in operand
      ? inputs
      : channelParameters;
    if (!list.includes(operand)) list.push(operand);
    const index = list.indexOf(operand);
    return "op" in operand ? { tensor: index } : { parameter: index };
  });
  const shape = shapeOf(inputs, channelParameters, options.name);
  const parameters = Object.fromEntries(
    channelParameters.map((parameter, i) => [`parameter${i}`, parameter]),
  );
  return pointwiseOp.node({
    name: options.name,
    inputs,
    shape,
    parameters,
    formula: { name, of },
    channelParameters,
  });
}

function shapeOf(
  inputs: readonly Tensor[],
  parameters: readonly Parameter[],
  name: string,
): Shape {
  const shape = [0, 1, 2, 3].map((axis) =>
    Math.max(
      ...inputs.map(({ shape }) => shape[axis]),
      ...(axis === 1 ? parameters.map(({ shape }) => shape[0]) : []),
    )
  ) as unknown as Shape;
  const fits = ({ shape: own }: Tensor) =>
    own[0] === shape[0] && (own[1] === shape[1] || own[1] === 1) &&
    ((own[2] === shape[2] && own[3] === shape[3]) ||
      (own[2] === 1 && own[3] === 1));
  if (
    inputs.every(fits) && parameters.every(({ shape: [n] }) => n === shape[1])
  ) return shape;
  const all = inputs.map(({ shape }) => formatShape(shape)).join(" and ");
  throw cannot(`build "${name}"`, `the shapes ${all} do not fit`, {
    kind: RangeError,
  });
}
