import { cannot } from "../errors/cannot.ts";

/** The error of a damaged file. */
export function fail(reason: string): Error {
  return cannot("read an ONNX file", reason, { kind: SyntaxError });
}

/** A field of a message: a number, or bytes. */
export interface Field {
  readonly field: number;
  readonly wire: number;
  readonly value: bigint | Uint8Array<ArrayBuffer>;
}

/** The fields of a message, in order. */
export function* fieldsOf(bytes: Uint8Array<ArrayBuffer>): Generator<Field> {
  for (let at = 0; at < bytes.length;) {
    const [tag, start] = varint(bytes, at);
    const [field, wire] = [Number(tag >> 3n), Number(tag & 7n)];
    at = start;
    if (wire === 0) {
      const [value, end] = varint(bytes, at);
      at = end;
      yield { field, wire, value };
      continue;
    }
    let length = wire === 1 ? 8 : 4;
    if (wire === 2) {
      const [count, end] = varint(bytes, at);
      length = Number(count);
      at = end;
    } else if (wire !== 1 && wire !== 5) throw fail("it is damaged");
    if (!(length >= 0) || at + length > bytes.length) {
      throw fail("it is cut short");
    }
    yield { field, wire, value: bytes.subarray(at, at + length) };
    at += length;
  }
}

function varint(bytes: Uint8Array, start: number): [bigint, number] {
  let value = 0n;
  for (let i = 0; i < 10 && start + i < bytes.length; i++) {
    const byte = bytes[start + i];
    value |= BigInt(byte & 127) << BigInt(7 * i);
    if (byte < 128) return [BigInt.asIntN(64, value), start + i + 1];
  }
  throw fail("it is cut short");
}

/** Integers, one after the other. */
export function integers(bytes: Uint8Array): number[] {
  const values: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const [value, end] = varint(bytes, at);
    values.push(Number(value));
    at = end;
  }
  return values;
}

/** A 32-bit float. */
export function float(bytes: Uint8Array): number {
  if (bytes.length !== 4) throw fail("a number is cut short");
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true);
}

/** 32-bit floats, one after the other. */
export function floats(bytes: Uint8Array): Float32Array {
  if (bytes.length % 4 !== 0) throw fail("a number is cut short");
  return new Float32Array(bytes.slice().buffer);
}

/** 64-bit floats, one after the other. */
export function doubles(bytes: Uint8Array): Float64Array {
  if (bytes.length % 8 !== 0) throw fail("a number is cut short");
  return new Float64Array(bytes.slice().buffer);
}

/** A field's bytes. */
export function part(
  value: Field["value"] | undefined,
): Uint8Array<ArrayBuffer> {
  if (value instanceof Uint8Array) return value;
  throw fail("it is damaged: a number stands where a part should be");
}

/** A field's text. */
export function text(value: Field["value"] | undefined): string {
  return value === undefined ? "" : new TextDecoder().decode(part(value));
}

/** The last values of two fields. */
export function readPair(
  bytes: Uint8Array<ArrayBuffer>,
  [first, second]: readonly [number, number],
): [Field["value"] | undefined, Field["value"] | undefined] {
  let a: Field["value"] | undefined;
  let b: Field["value"] | undefined;
  for (const { field, value } of fieldsOf(bytes)) {
    if (field === first) a = value;
    if (field === second) b = value;
  }
  return [a, b];
}
