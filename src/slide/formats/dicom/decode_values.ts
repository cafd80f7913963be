import { withoutEnd } from "../../../io/without_end.ts";

/** Readers of numbers, and their bytes. */
const NUMBERS: {
  readonly [vr: string]: readonly [
    bytes: number,
    (view: DataView, at: number) => number,
  ];
} = {
  US: [2, (view, at) => view.getUint16(at, true)],
  SS: [2, (view, at) => view.getInt16(at, true)],
  UL: [4, (view, at) => view.getUint32(at, true)],
  SL: [4, (view, at) => view.getInt32(at, true)],
  FL: [4, (view, at) => view.getFloat32(at, true)],
  FD: [8, (view, at) => view.getFloat64(at, true)],
  UV: [8, (view, at) => Number(view.getBigUint64(at, true))],
  SV: [8, (view, at) => Number(view.getBigInt64(at, true))],
};

/** The values of an attribute: numbers, or texts without what pads them. */
export function decodeValues(
  bytes: Uint8Array,
  vr: string,
): (string | number)[] {
  const number = NUMBERS[vr];
  if (!number) {
    const text = new TextDecoder().decode(bytes);
    return text.split("\\").map((part) => withoutEnd(part, "\0 ").trim());
  }
  const [step, read] = number;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from(
    { length: Math.floor(bytes.length / step) },
    (_, i) => read(view, i * step),
  );
}
