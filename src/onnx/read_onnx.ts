import { cannot } from "../errors/cannot.ts";
import { MAX_ONNX_ITEMS } from "../io/limits.ts";
import {
  doubles,
  fail,
  fieldsOf,
  float,
  floats,
  integers,
  part,
  readPair,
  text,
} from "./wire.ts";

/** A tensor of a file: sizes, and values as numbers. */
export interface OnnxTensor {
  readonly dims: readonly number[];
  /** ONNX's number of the type: 1 float, 6 int32, 7 int64, 9 bool, 10 float16, 11 double. */
  readonly type: number;
  /** The values; 64-bit integers as numbers. */
  readonly values: Float32Array | Float64Array;
}

/** An attribute of a node. */
export type OnnxValue =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | OnnxTensor
  | undefined;

/** An operator of a file. */
export interface OnnxNode {
  readonly operator: string;
  /** The set of operators it belongs to; empty for ONNX's own. */
  readonly domain: string;
  readonly name: string;
  /** Names of its inputs; an empty one is omitted. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxValue>;
}

/** An input or output of a network: its name, and sizes where they are fixed. */
export interface OnnxPort {
  readonly name: string;
  readonly type: number;
  readonly dims: readonly (number | undefined)[];
}

/** A network as it is in a file. */
export interface OnnxModel {
  /** The version of ONNX's own operators. */
  readonly opset: number;
  readonly producer: string;
  readonly nodes: readonly OnnxNode[];
  /** Weights and constants by name. */
  readonly tensors: ReadonlyMap<string, OnnxTensor>;
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  readonly metadata: ReadonlyMap<string, string>;
}

const action = "read an ONNX file";

/**
 * Whether bytes may be an ONNX file: a `ModelProto` begins with its version, from 3 on, and its producer or operator sets.
 */
export function isOnnx(bytes: Uint8Array): boolean {
  return bytes[0] === 0x08 && bytes[1] >= 3 && bytes[1] < 64 &&
    [0x12, 0x1a, 0x22, 0x2a, 0x32, 0x3a, 0x42].includes(bytes[2]);
}

/**
 * Reads an ONNX file. Weights of 32 bits stay views of its bytes where they are aligned.
 *
 * Source: onnx.proto of ONNX 1.12, and protobuf's wire format.
 *
 * @throws {SyntaxError} If it is damaged.
 * @throws {TypeError} If its weights are in other files, or of types that are not numbers.
 */
export function readOnnx(bytes: Uint8Array<ArrayBuffer>): OnnxModel {
  let opset: number | undefined;
  let graph: Uint8Array<ArrayBuffer> | undefined;
  let producer = "";
  const metadata = new Map<string, string>();
  for (const { field, value } of fieldsOf(bytes)) {
    if (field === 2) producer = text(value);
    if (field === 7) graph = part(value);
    if (field === 8) {
      const [domain, version] = readPair(part(value), [1, 2]);
      if (!domain || text(domain) === "ai.onnx") opset = Number(version);
    }
    if (field === 14) {
      const [key, said] = readPair(part(value), [1, 2]);
      metadata.set(text(key), text(said));
    }
  }
  if (!graph || opset === undefined) {
    throw fail("it has no graph, or names no version of ONNX's operators");
  }
  return { opset, producer, metadata, ...readGraph(graph) };
}

function readGraph(bytes: Uint8Array<ArrayBuffer>) {
  const nodes: OnnxNode[] = [];
  const tensors = new Map<string, OnnxTensor>();
  const inputs: OnnxPort[] = [];
  const outputs: OnnxPort[] = [];
  for (const { field, value } of fieldsOf(bytes)) {
    if (field === 1) nodes.push(readNode(part(value)));
    if (field === 5) {
      const { name, ...tensor } = readTensor(part(value));
      tensors.set(name, tensor);
    }
    if (field === 11) inputs.push(readPort(part(value)));
    if (field === 12) outputs.push(readPort(part(value)));
    if (field === 15) throw fail("it has sparse weights, which are not read");
    if (nodes.length + tensors.size > MAX_ONNX_ITEMS) {
      throw cannot(action, `it has more than ${MAX_ONNX_ITEMS} parts`, {
        kind: RangeError,
      });
    }
  }
  return {
    nodes,
    tensors,
    // Older files list weights as inputs, too.
    inputs: inputs.filter(({ name }) => !tensors.has(name)),
    outputs,
  };
}

function readNode(bytes: Uint8Array<ArrayBuffer>): OnnxNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, OnnxValue>();
  let [name, operator, domain] = ["", "", ""];
  for (const { field, value } of fieldsOf(bytes)) {
    if (field === 1) inputs.push(text(value));
    if (field === 2) outputs.push(text(value));
    if (field === 3) name = text(value);
    if (field === 4) operator = text(value);
    if (field === 5) {
      const [key, said] = readAttribute(part(value));
      attributes.set(key, said);
    }
    if (field === 7) domain = text(value);
  }
  if (domain === "ai.onnx") domain = "";
  return { operator, domain, name, inputs, outputs, attributes };
}

function readAttribute(bytes: Uint8Array<ArrayBuffer>): [string, OnnxValue] {
  let name = "";
  let value: OnnxValue;
  const numbers: number[] = [];
  const texts: string[] = [];
  for (const { field, wire, value: raw } of fieldsOf(bytes)) {
    if (field === 1) name = text(raw);
    if (field === 2) value = float(part(raw));
    if (field === 3) value = Number(raw);
    if (field === 4) value = text(raw);
    if (field === 5) value = readTensor(part(raw));
    if (field === 7) numbers.push(...floats(part(raw)));
    if (field === 8) {
      numbers.push(...(wire === 2 ? integers(part(raw)) : [Number(raw)]));
    }
    if (field === 9) texts.push(text(raw));
    if (field === 20) {
      if (Number(raw) === 7 || Number(raw) === 6) value ??= numbers;
      if (Number(raw) === 8) value ??= texts;
    }
  }
  if (value === undefined && texts.length > 0) value = texts;
  return [name, value ?? numbers];
}

function readPort(bytes: Uint8Array<ArrayBuffer>): OnnxPort {
  let name = "";
  let type = 0;
  const dims: (number | undefined)[] = [];
  for (const { field, value } of fieldsOf(bytes)) {
    if (field === 1) name = text(value);
    if (field !== 2) continue;
    for (const { field, value: tensor } of fieldsOf(part(value))) {
      if (field !== 1) continue;
      for (const { field, value } of fieldsOf(part(tensor))) {
        if (field === 1) type = Number(value);
        if (field !== 2) continue;
        for (const { field, value: dim } of fieldsOf(part(value))) {
          if (field !== 1) continue;
          const [size] = readPair(part(dim), [1, 2]);
          dims.push(typeof size === "bigint" ? Number(size) : undefined);
        }
      }
    }
  }
  return { name, type, dims };
}

/** Bytes of a value of each type that is read. */
const SIZES: Readonly<Record<number, number>> = {
  ...{ 1: 4, 2: 1, 3: 1, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8 },
};

function readTensor(
  bytes: Uint8Array<ArrayBuffer>,
): OnnxTensor & { readonly name: string } {
  const dims: number[] = [];
  const listed: number[] = [];
  let raw: Uint8Array<ArrayBuffer> | undefined;
  let [name, type] = ["", 0];
  for (const { field, wire, value } of fieldsOf(bytes)) {
    if (field === 1) {
      dims.push(...(wire === 2 ? integers(part(value)) : [Number(value)]));
    }
    if (field === 2) type = Number(value);
    if (field === 4) {
      for (const one of floats(part(value))) listed.push(one);
    }
    if (field === 5 || field === 7) {
      const some = wire === 2 ? integers(part(value)) : [Number(value)];
      for (const one of some) listed.push(one);
    }
    if (field === 8) name = text(value);
    if (field === 9) raw = part(value);
    if (field === 10) {
      for (const one of doubles(part(value))) listed.push(one);
    }
    if (field === 13 || (field === 14 && Number(value) === 1)) {
      throw cannot(
        action,
        `the values of "${name}" are in another file: save the network with its weights in one file`,
        { kind: TypeError },
      );
    }
  }
  const size = SIZES[type];
  if (size === undefined) {
    throw cannot(
      action,
      `the values of "${name}" are of a type that is not read`,
      {
        received: type,
        kind: TypeError,
      },
    );
  }
  const count = dims.reduce((product, dim) => product * dim, 1);
  const values = raw
    ? decode(raw, type)
    : Float64Array.from(listed, (one) => type === 10 ? halfOf(one) : one);
  if (!dims.every((dim) => dim >= 0) || count !== values.length) {
    throw fail(
      `"${name}" has ${values.length} values, but its shape is ${
        dims.join("×")
      }`,
    );
  }
  return {
    name,
    dims,
    type,
    values: type === 1 && !(values instanceof Float32Array)
      ? Float32Array.from(values)
      : values,
  };
}

function halfOf(bits: number): number {
  return new Float16Array(Uint16Array.of(bits).buffer)[0];
}

/** Little-endian values. */
function decode(
  raw: Uint8Array<ArrayBuffer>,
  type: number,
): Float32Array | Float64Array {
  const size = SIZES[type];
  if (raw.length % size !== 0) throw fail("a weight's bytes are cut short");
  const aligned = raw.byteOffset % size === 0 ? raw : raw.slice();
  const { buffer, byteOffset } = aligned;
  const length = raw.length / size;
  if (type === 1) return new Float32Array(buffer, byteOffset, length);
  if (type === 10) {
    return Float32Array.from(new Float16Array(buffer, byteOffset, length));
  }
  if (type === 11) return new Float64Array(buffer, byteOffset, length);
  if (type === 6) {
    return Float64Array.from(new Int32Array(buffer, byteOffset, length));
  }
  if (type === 7) {
    const whole = new BigInt64Array(buffer, byteOffset, length);
    return Float64Array.from(whole, Number);
  }
  return Float64Array.from(
    type === 3 ? new Int8Array(buffer, byteOffset, length) : aligned,
  );
}
