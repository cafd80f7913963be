import { resample as kernel } from "../../kernels/window.ts";
import {
  type Constant,
  defineOp,
  isNonNegative,
  type OnnxForm,
} from "../op.ts";
import { sizeOf, type Tensor } from "../tensor.ts";

/** Where a row or column of the result is read: between two of the input. */
export interface Sample {
  readonly first: number;
  readonly second: number;
  /** Weight of the second, 0 to 1. */
  readonly weight: number;
}

/** A resize in a graph, by tables. */
interface ResampleNode extends Tensor {
  readonly rows: readonly Sample[];
  readonly columns: readonly Sample[];
  /** It as an operator. */
  readonly form: OnnxForm;
}

const resampleOp = defineOp<ResampleNode>({
  name: "resample",
  lower(node, { precision }) {
    const { inputs: [input], shape: [batch, channels], rows, columns } = node;
    const linear = [...rows, ...columns].some(({ weight }) => weight !== 0);
    return [{
      program: kernel.program({
        batch,
        channels,
        linear,
        inputSize: sizeOf(input),
        outputSize: sizeOf(node),
      }, precision),
      tensors: { input },
      constants: { table: tableOf([...rows, ...columns]) },
    }];
  },
  onnx: ({ form }) => [form],
  nonNegative: ({ inputs }) => inputs.every(isNonNegative),
});

function tableOf(samples: readonly Sample[]): Constant {
  const table = new Uint32Array(samples.length * 4);
  const weights = new Float32Array(table.buffer);
  samples.forEach(({ first, second, weight }, i) => {
    table[4 * i] = first;
    table[4 * i + 1] = second;
    weights[4 * i + 2] = weight;
  });
  const key = `samples ${
    samples.map(({ first, weight }) => `${first}+${weight}`).join(" ")
  }`;
  return { key, parameters: [], pack: () => table.buffer };
}

/** Resizes: each row and column of the result is one of the input, or lies between two. */
export function resample(
  input: Tensor,
  { rows, columns, form }: Pick<ResampleNode, "rows" | "columns" | "form">,
): Tensor {
  const [batch, channels] = input.shape;
  return resampleOp.node({
    inputs: [input],
    shape: [batch, channels, rows.length, columns.length],
    rows,
    columns,
    form,
  });
}
