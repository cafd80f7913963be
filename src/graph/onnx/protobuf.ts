/** A message in protobuf's wire format, in parts. */
export type Message = readonly Uint8Array<ArrayBuffer>[];

const encoder = new TextEncoder();

/** An integer field. */
export function int(field: number, value: number): Message {
  return [varint(field * 8), varint(value)];
}

/** A 32-bit float field. */
export function float(field: number, value: number): Message {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return [varint(field * 8 + 5), bytes];
}

/** A string field. */
export function text(field: number, value: string): Message {
  return message(field, [encoder.encode(value)]);
}

/** A field of bytes or another message. The parts are not copied. */
export function message(field: number, parts: Message): Message {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [varint(field * 8 + 2), varint(length), ...parts];
}

/** A message's bytes. */
export function join(parts: Message): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Negative numbers are written as 64 bits in two's complement. */
function varint(value: number): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest % 128n) + 128);
    rest /= 128n;
  }
  return Uint8Array.from([...bytes, Number(rest)]);
}
