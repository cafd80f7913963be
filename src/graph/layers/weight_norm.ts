import type { Parameter } from "../parameter.ts";

/** The weight `g * v / ‖v‖`, with the norm over all but the first dimension, from `name.weight_g` and `name.weight_v`. */
export function weightNorm(name: string, shape: readonly number[]): Parameter {
  const [channels] = shape;
  const sources = [
    { name: `${name}.weight_v`, shape },
    { name: `${name}.weight_g`, shape: [channels, ...shape.slice(1).fill(1)] },
  ];
  return {
    name: `${name}.weight`,
    shape,
    derived: {
      sources,
      compute: (v, g) => normalizeWeight(v, g),
    },
  };
}

/** `g * v / ‖v‖` for each of `g`'s channels. */
export function normalizeWeight(
  v: Float32Array,
  g: Float32Array,
): Float32Array {
  const result = new Float32Array(v.length);
  const size = v.length / g.length;
  for (let channel = 0; channel < g.length; channel++) {
    const start = channel * size;
    let squares = 0;
    for (let i = start; i < start + size; i++) squares += v[i] * v[i];
    const scale = g[channel] / Math.sqrt(squares);
    for (let i = start; i < start + size; i++) result[i] = v[i] * scale;
  }
  return result;
}
