import { assertClose } from "../../../tests/helpers/assert_close.ts";
import { noise } from "../../../tests/helpers/noise.ts";
import { flip } from "../../../tests/reference/flip.ts";
import { runProgram } from "../../../tests/helpers/run_program.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { loadTile } from "./load_tile.ts";
import { packedBytes, unpackTensor } from "../pack_tensor.ts";

const normalization = {
  mean: [0.65, 0.48, 0.69],
  std: [0.15, 0.24, 0.13],
} as const;

// In f32 the division by 255, the mean's subtraction and the division by the deviation round once each; f16 rounds the result.
const tolerance = { f32: 1e-6, f16: 2 ** -10 };

// Rows of fours are loaded by fours.
for (const side of [1, 4, 9, 64]) {
  for (const horizontal of [false, true]) {
    for (const vertical of [false, true]) {
      const flips = { horizontal, vertical };
      const what = `side ${side}${horizontal ? ", horizontal" : ""}${
        vertical ? ", vertical" : ""
      }`;
      Deno.test(`loadTile() matches the CPU reference: ${what}`, async () => {
        for (const precision of ["f32", "f16"] as const) {
          await check({ side, flips, precision });
        }
      });
    }
  }
}

async function check({ side, flips, precision }: {
  side: number;
  flips: { horizontal: boolean; vertical: boolean };
  precision: "f32" | "f16";
}): Promise<void> {
  const pixels = noise(side, side);
  const shape = [1, 3, side, side] as const;
  const program = loadTile.program(
    { side, flip: flips, normalization },
    precision,
  );
  const words = Uint32Array.from(
    { length: side * side },
    (_, i) => pixels[i * 3] | pixels[i * 3 + 1] << 8 | pixels[i * 3 + 2] << 16,
  );
  const bytes = await runProgram(gpu, program, {
    buffers: {
      bytes: words.buffer,
      output: new ArrayBuffer(packedBytes(shape, precision)),
    },
  });
  const flipped = flip(pixels, { ...flips, side, channels: 3 });
  const expected = Float32Array.from({ length: flipped.length }, (_, i) => {
    const channel = Math.floor(i / (side * side));
    const value = flipped[i % (side * side) * 3 + channel] / 255;
    return (value - normalization.mean[channel]) / normalization.std[channel];
  });
  assertClose(unpackTensor(bytes, shape, precision), expected, {
    tolerance: tolerance[precision],
  });
}
