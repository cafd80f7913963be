import { elementCount } from "../../src/weights/tensor_data.ts";

const encoder = new TextEncoder();

/** 32-bit FNV-1a of the text's UTF-8 bytes. */
function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash;
}

/** MurmurHash3's finaliser. */
function fmix32(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** The first `n` values u(key, i) in 0..1 of the rule in tests/golden/README.md. */
export function uniform(key: string, n: number): Float64Array {
  const values = new Float64Array(n);
  let x = fnv1a32(key);
  for (let i = 0; i < n; i++) {
    values[i] = fmix32(x) / 2 ** 32;
    x = (x + 0x9e3779b9) | 0;
  }
  return values;
}

/** How {@linkcode syntheticTensor} is made. */
export interface SyntheticTensorOptions {
  /** Put before the key where it is hashed: another seed, another network. */
  readonly seed?: string;
}

/**
 * The synthetic tensor of a state-dict key, row-major: the goldens were computed with these, so that no weight file is
 * needed. See tests/golden/README.md for the rule.
 */
export function syntheticTensor(
  key: string,
  shape: readonly number[],
  options: SyntheticTensorOptions = {},
): Float32Array {
  const n = elementCount(shape);
  const values = new Float32Array(n);
  if (key.endsWith("num_batches_tracked")) return values.fill(1000);
  const { shift, scale, signed } = rule(key, shape);
  // The same numbers as uniform(), without its array: networks have 36 million of them.
  let x = fnv1a32((options.seed ?? "") + key);
  for (let i = 0; i < n; i++) {
    const u = fmix32(x) / 2 ** 32;
    values[i] = signed ? scale * (2 * u - 1) : shift + scale * u;
    x = (x + 0x9e3779b9) | 0;
  }
  return values;
}

interface Rule {
  readonly shift: number;
  readonly scale: number;
  /** Whether values are `scale * s`, around zero, and not `shift + scale * u`. */
  readonly signed: boolean;
}

function rule(key: string, shape: readonly number[]): Rule {
  const positive = (scale: number): Rule => ({
    shift: 0.5 * scale,
    scale,
    signed: false,
  });
  const signed = (scale: number): Rule => ({ shift: 0, scale, signed: true });
  if (key.endsWith("running_var")) return positive(1);
  if (key.endsWith("running_mean")) return signed(0.2);
  if (key.endsWith("weight_g")) return positive(1);
  if (shape.length === 4) {
    return signed(Math.sqrt(6 / (shape[1] * shape[2] * shape[3])));
  }
  if (key.endsWith("bn3.weight")) return positive(0.25);
  if (key.endsWith("weight")) return positive(1);
  return signed(0.1);
}
