import { cannot } from "../errors/cannot.ts";
import { MAX_ONNX_ITEMS } from "../io/limits.ts";
import { type OnnxTensor, readTensor } from "./read_tensor.ts";

import {
  fail,
  fieldsOf,
  float,
  floats,
  integers,
  part,
  readPair,
  text,
} from "./wire.ts";

export type { OnnxTensor };

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
      // The domain of ONNX's own is empty, and may be written out.
      if (["", "ai.onnx"].includes(text(domain))) opset = Number(version);
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
