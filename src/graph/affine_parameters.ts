import type { BatchNormNode } from "./layers/batch_norm.ts";
import type { Parameter } from "./parameter.ts";

/** Batch norm with running statistics as `x * scale + shift`: the two, as parameters that follow from the layer's own. */
export function affineParameters(
  node: BatchNormNode,
): { scale: Parameter; shift: Parameter } {
  const { weight, bias, mean, variance } = node.parameters;
  const scaleOf = (w: number, v: number) => w / Math.sqrt(v + node.epsilon);
  return {
    scale: {
      name: `${node.name}.scale`,
      shape: weight.shape,
      derived: {
        sources: [weight, variance],
        compute: (w, v) => w.map((_, i) => scaleOf(w[i], v[i])),
      },
    },
    shift: {
      name: `${node.name}.shift`,
      shape: weight.shape,
      derived: {
        sources: [weight, bias, mean, variance],
        compute: (w, b, m, v) =>
          w.map((_, i) => b[i] - m[i] * scaleOf(w[i], v[i])),
      },
    },
  };
}
