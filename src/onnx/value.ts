import { cannot } from "../errors/cannot.ts";
import type { Parameter, Tensor } from "../graph/tensor.ts";
import { toImage } from "./arrange.ts";
import type { OnnxNode, OnnxTensor, OnnxValue } from "./read_onnx.ts";
import { type TensorValue, viewDims } from "./view.ts";

export { image, type TensorValue } from "./view.ts";

/** Numbers known at import. */
export interface ConstantValue extends OnnxTensor {
  /** The weight's name, if it is one of the file's. */
  readonly name?: string;
}

/** What an operator reads and gives. */
export type Value = ConstantValue | TensorValue;

/** Whether a value is known at import. */
export function isConstant(value: Value): value is ConstantValue {
  return !("tensor" in value);
}

/** A value's sizes. */
export function dimsOf(value: Value): readonly number[] {
  return isConstant(value) ? value.dims : viewDims(value.view);
}

/** A constant of 32-bit floats. */
export function floats(values: ArrayLike<number>): ConstantValue {
  return { dims: [values.length], type: 1, values: Float32Array.from(values) };
}

/** A constant of integers. */
export function integers(values: readonly number[]): ConstantValue {
  return { dims: [values.length], type: 7, values: Float64Array.from(values) };
}

/** An operator that is being imported. */
export interface OperatorContext {
  readonly node: OnnxNode;
  readonly opset: number;
  /** A name for the layer: that of its first output. */
  readonly name: string;
  /** Its inputs; `undefined` where one is omitted. */
  readonly inputs: readonly (Value | undefined)[];
  /** Makes values a parameter of the network; they are computed when it is loaded. */
  parameter(
    name: string,
    shape: readonly number[],
    values: () => Float32Array,
  ): Parameter;
  /** The error of what cannot be imported. */
  refuse(reason: string): Error;
}

/** Imports an operator: the values of its outputs. */
export type ImportOperator = (
  context: OperatorContext,
) => Value | readonly Value[];

/** The error of an operator that cannot be imported. */
export function refusal(
  { operator, name, outputs }: OnnxNode,
  reason: string,
): Error {
  return cannot(
    `import operator ${operator} "${
      name || (outputs[0] ?? "")
    }" of the ONNX file`,
    reason,
    { kind: TypeError },
  );
}

/** An input that must be there. */
export function inputOf(context: OperatorContext, index: number): Value {
  const value = context.inputs[index];
  if (value) return value;
  throw context.refuse(`it lacks input ${index}`);
}

/** An input that must be N×C×H×W. */
export function imageOf(context: OperatorContext, index = 0): Tensor {
  const value = inputOf(context, index);
  if (!isConstant(value) && value.view.length === 4) return toImage(value);
  throw context.refuse(
    isConstant(value)
      ? `its input ${index} is constant`
      : `its input ${index} is not N×C×H×W, but ${dimsOf(value).join("×")}`,
  );
}

/** An input that must be known at import, if it is there. */
export function constantOf(
  context: OperatorContext,
  index: number,
): ConstantValue | undefined {
  const value = context.inputs[index];
  if (!value || isConstant(value)) return value;
  throw context.refuse(`its input ${index} depends on the picture`);
}

/** Numbers of an input that must be known at import, or of an attribute, as older versions have it. */
export function numbersOf(
  context: OperatorContext,
  index: number,
  attribute?: string,
): readonly number[] | undefined {
  const value = constantOf(context, index);
  if (value && value.values.length > 0) return Array.from(value.values);
  return attribute === undefined ? undefined : listOf(context, attribute);
}

/** Whether an attribute is a tensor. */
export function isTensor(value: OnnxValue): value is OnnxTensor {
  return typeof value === "object" && "dims" in value;
}

/** An attribute that is a list of numbers. */
export function listOf(
  { node }: OperatorContext,
  name: string,
): readonly number[] | undefined {
  const value: OnnxValue = node.attributes.get(name);
  return Array.isArray(value) && value.every((one) => typeof one === "number")
    ? value
    : undefined;
}

/** An attribute that is a number. */
export function numberOf(
  { node }: OperatorContext,
  name: string,
  usual: number,
): number {
  const value = node.attributes.get(name);
  return typeof value === "number" ? value : usual;
}

/** An attribute that is a text. */
export function textOf(
  { node }: OperatorContext,
  name: string,
  usual: string,
): string {
  const value = node.attributes.get(name);
  return typeof value === "string" ? value : usual;
}
