import type { Parameter } from "../graph/tensor.ts";
import { elementCount } from "../weights/tensor_data.ts";
import type { Random } from "./random.ts";

/** Makes a parameter's initial values. Each name has its own random stream, so that a parameter's values do not depend on the others. */
export type Fill = (
  parameter: Parameter,
  randomOf: (name: string) => Random,
) => Float32Array;

export const zeros: Fill = ({ shape }) => new Float32Array(elementCount(shape));

export const ones: Fill = ({ shape }) =>
  new Float32Array(elementCount(shape)).fill(1);

/** Normal distribution with mean 0. */
export function normal(deviation: number): Fill {
  return ({ name, shape }, randomOf) => {
    const random = randomOf(name);
    return drawn(shape, () => deviation * random.normal());
  };
}

/** Normal distribution with mean 0 and variance 2 / fan. */
export function kaimingNormal(fan: "in" | "out"): Fill {
  return ({ name, shape }, randomOf) => {
    const [channels, , height, width] = shape;
    const count = fan === "in"
      ? elementCount(shape.slice(1))
      : channels * height * width;
    return normal(Math.sqrt(2 / count))({ name, shape }, randomOf);
  };
}

/** Uniform distribution within ±√(squares / fan-in). */
export function uniform(squares: number, fanIn?: number): Fill {
  return ({ name, shape }, randomOf) => {
    const random = randomOf(name);
    const bound = Math.sqrt(squares / (fanIn ?? elementCount(shape.slice(1))));
    return drawn(shape, () => bound * (2 * random.uniform() - 1));
  };
}

/** Kaiming normal (fan-in) for one pixel of each block, repeated for the block's other pixels. */
export function icnr(factor: number): Fill {
  return ({ name, shape: [channels, ...rest] }, randomOf) => {
    const shape = [channels / factor ** 2, ...rest];
    const kernel = kaimingNormal("in")({ name, shape }, randomOf);
    const size = elementCount(rest);
    const values = new Float32Array(channels * size);
    for (let channel = 0; channel < channels; channel++) {
      const source = Math.floor(channel / factor ** 2) * size;
      values.set(kernel.subarray(source, source + size), channel * size);
    }
    return values;
  };
}

/** The norm of each output channel's initial weights, as `fill` makes them. */
export function lengthsOf(weight: Parameter, fill: Fill): Fill {
  return (_, randomOf) => {
    const values = fill(weight, randomOf);
    const [channels] = weight.shape;
    const size = values.length / channels;
    return Float32Array.from(
      { length: channels },
      (_, i) => Math.hypot(...values.subarray(i * size, (i + 1) * size)),
    );
  };
}

function drawn(shape: readonly number[], draw: () => number): Float32Array {
  return new Float32Array(elementCount(shape)).map(draw);
}
