import type { OnnxAttribute } from "../op.ts";
import { float, int, join, type Message, message, text } from "./protobuf.ts";

/** ONNX's numbers of element types. */
const ELEMENT_TYPES = { f32: 1, i64: 7, f16: 10 } as const;

/** Element type of a tensor. */
export type ElementType = keyof typeof ELEMENT_TYPES;

/** A constant tensor. */
export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A model's input or output; a size that is free has a name instead. */
export interface OnnxPort {
  readonly name: string;
  readonly shape: readonly (number | string)[];
}

/**
 * Writes an ONNX model (opset 17) in protobuf's wire format, with the fields that onnxruntime needs.
 *
 * Field numbers are those of onnx.proto.
 */
export class OnnxModel {
  readonly #nodes: Message[] = [];
  readonly #initializers: Message[] = [];

  /** Adds an operator with a result called `name`. */
  node(
    operator: string,
    name: string,
    { inputs, attributes = {} }: {
      readonly inputs: readonly string[];
      readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
    },
  ): void {
    this.#nodes.push([
      ...inputs.flatMap((input) => text(1, input)),
      ...text(2, name),
      ...text(3, name),
      ...text(4, operator),
      ...Object.entries(attributes)
        .flatMap(([key, value]) => message(5, attribute(key, value))),
    ]);
  }

  /** Adds a constant tensor. */
  initializer(
    { name, shape }: OnnxValue,
    type: ElementType,
    values: Uint8Array<ArrayBuffer>,
  ): void {
    this.#initializers.push([
      ...shape.flatMap((size) => int(1, size)),
      ...int(2, ELEMENT_TYPES[type]),
      ...text(8, name),
      ...message(9, [values]),
    ]);
  }

  /** Encodes the model. Inputs and outputs have the same element type. */
  encode(
    { inputs, outputs, type, metadata = {} }: {
      readonly inputs: readonly OnnxPort[];
      readonly outputs: readonly OnnxPort[];
      readonly type: ElementType;
      /** What the file says of itself, by name. */
      readonly metadata?: Readonly<Record<string, string>>;
    },
  ): Uint8Array<ArrayBuffer> {
    const graph = [
      ...this.#nodes.flatMap((node) => message(1, node)),
      ...text(2, "graph"),
      ...this.#initializers.flatMap((tensor) => message(5, tensor)),
      ...inputs.flatMap((value) => message(11, valueInfo(value, type))),
      ...outputs.flatMap((value) => message(12, valueInfo(value, type))),
    ];
    return join([
      ...int(1, 8), // IR version
      ...text(2, "tilewise"),
      ...message(7, graph),
      ...message(8, int(2, 17)), // operator set
      ...Object.entries(metadata).flatMap(([key, value]) =>
        message(14, [...text(1, key), ...text(2, value)])
      ),
    ]);
  }
}

function attribute(name: string, value: OnnxAttribute): Message {
  const kind = (number: number) => int(20, number);
  if (typeof value === "number") {
    return [...text(1, name), ...int(3, value), ...kind(2)];
  }
  if (typeof value === "string") {
    return [...text(1, name), ...text(4, value), ...kind(3)];
  }
  if ("float" in value) {
    return [...text(1, name), ...float(2, value.float), ...kind(1)];
  }
  return [...text(1, name), ...value.flatMap((n) => int(8, n)), ...kind(7)];
}

function valueInfo({ name, shape }: OnnxPort, type: ElementType): Message {
  const dimensions = shape.flatMap((size) =>
    message(1, typeof size === "number" ? int(1, size) : text(2, size))
  );
  const tensor = [...int(1, ELEMENT_TYPES[type]), ...message(2, dimensions)];
  return [...text(1, name), ...message(2, message(1, tensor))];
}
