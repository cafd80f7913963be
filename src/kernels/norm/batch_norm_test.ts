import {
  assertClose,
  kernelTolerance,
} from "../../../tests/helpers/assert_close.ts";
import { randomValues } from "../../../tests/helpers/random_values.ts";
import { runProgram } from "../../../tests/helpers/run_program.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { batchNorm } from "./batch_norm.ts";
import { packedBytes, packTensor, unpackTensor } from "../pack_tensor.ts";
import { packAffine } from "../pack_weights.ts";

for (const pixels of [1, 63, 64, 65]) {
  for (const precision of ["f32", "f16"] as const) {
    for (const relu of [false, true]) {
      // What is added comes before the ReLU, so a sum without one tells no more.
      const residual = relu;
      const post = relu ? ", residual, relu" : "";
      const what = `${pixels} pixels, ${precision}${post}`;
      Deno.test(`batchNorm() matches the CPU reference: ${what}`, async () => {
        const channels = 7;
        const shape = [2, channels, 1, pixels] as const;
        const input = randomValues(shape, "input", { precision });
        const scale = randomValues([channels], "scale");
        const shift = randomValues([channels], "shift");
        const added = randomValues(shape, "residual", { precision });
        const params = { batch: 2, blocks: 2, pixels, relu, residual };
        const bytes = await runProgram(
          gpu,
          batchNorm.program(params, precision),
          {
            buffers: {
              input: packTensor(input, shape, precision),
              affine: packAffine(scale, shift),
              ...residual && { residual: packTensor(added, shape, precision) },
              output: new ArrayBuffer(packedBytes(shape, precision)),
            },
          },
        );
        const expected = input.map((x, i) => {
          const channel = Math.floor(i / pixels) % channels;
          const value = x * scale[channel] + shift[channel];
          return relu ? Math.max(value + added[i], 0) : value;
        });
        assertClose(unpackTensor(bytes, shape, precision), expected, {
          tolerance: kernelTolerance[precision],
        });
      });
    }
  }
}
