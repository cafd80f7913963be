import { assertClose } from "../../../tests/helpers/assert_close.ts";
import { randomValues } from "../../../tests/helpers/random_values.ts";
import { flip } from "../../../tests/reference/flip.ts";
import { runProgram } from "../../../tests/helpers/run_program.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { accumulate } from "./accumulate.ts";
import { packTensor } from "../pack_tensor.ts";

for (const side of [1, 8, 17]) {
  for (const precision of ["f32", "f16"] as const) {
    for (const horizontal of [false, true]) {
      for (const vertical of [false, true]) {
        const what = `side ${side}, ${precision}${
          horizontal ? ", horizontal" : ""
        }${vertical ? ", vertical" : ""}`;
        Deno.test(`accumulate() adds un-flipped probabilities: ${what}`, async () => {
          const flips = { horizontal, vertical };
          const weight = 0.25;
          const shape = [1, 1, side, side] as const;
          const logits = randomValues(shape, "logits", { precision }).map((x) =>
            x * 16
          );
          const before = randomValues(shape, "before");
          const bytes = await runProgram(
            gpu,
            accumulate.program({ side, weight, flip: flips }, precision),
            {
              buffers: {
                logits: packTensor(logits, shape, precision),
                probability: before.slice().buffer,
              },
              read: "probability",
            },
          );
          const expected = flip(logits, { side, ...flips })
            .map((x, i) => before[i] + weight / (1 + Math.exp(-x)));
          assertClose(new Float32Array(bytes), expected, { tolerance: 1e-6 });
        });
      }
    }
  }
}
