import { assertClose } from "../../tests/assert_close.ts";
import { noise } from "../../tests/noise.ts";
import { flip } from "../../tests/reference/flip.ts";
import { runProgram } from "../../tests/run_program.ts";
import { gpu } from "../../tests/shared_gpu.ts";
import { loadTile } from "./load_tile.ts";
import { packedBytes, unpackTensor } from "./pack_tensor.ts";

const normalization = {
  mean: [0.65, 0.48, 0.69],
  std: [0.15, 0.24, 0.13],
} as const;

// In f32 the division by 255, the mean's subtraction and the division by the deviation round once each; f16 rounds the result.
const tolerance = { f32: 1e-6, f16: 2 ** -10 };

for (const factor of [1, 2, 3, 4]) {
  for (const horizontal of [false, true]) {
    for (const vertical of [false, true]) {
      const flips = { horizontal, vertical };
      const what = `factor ${factor}${horizontal ? ", horizontal" : ""}${
        vertical ? ", vertical" : ""
      }`;
      Deno.test(`loadTile() matches the CPU reference: ${what}`, async () => {
        for (const precision of ["f32", "f16"] as const) {
          await check({ side: 9, factor, flips, precision });
        }
      });
    }
  }
}

for (const side of [1, 8, 63]) {
  Deno.test(`loadTile() matches the CPU reference: side ${side}`, () =>
    check({
      side,
      factor: 2,
      flips: { horizontal: true, vertical: false },
      precision: "f32",
    }));
}

async function check({ side, factor, flips, precision }: {
  side: number;
  factor: number;
  flips: { horizontal: boolean; vertical: boolean };
  precision: "f32" | "f16";
}): Promise<void> {
  const pixels = noise(side * factor, side * factor);
  const shape = [1, 3, side, side] as const;
  const program = loadTile.program(
    { side, factor, flip: flips, normalization },
    precision,
  );
  const bytes = await runProgram(gpu, program, {
    buffers: {
      bytes: pixels.buffer as ArrayBuffer,
      output: new ArrayBuffer(packedBytes(shape, precision)),
    },
  });
  const small = flip(areaMeans(pixels, side, factor), {
    ...flips,
    side,
    channels: 3,
  });
  const expected = Float32Array.from({ length: small.length }, (_, i) => {
    const channel = Math.floor(i / (side * side));
    const value = small[i % (side * side) * 3 + channel] / 255;
    return (value - normalization.mean[channel]) / normalization.std[channel];
  });
  assertClose(unpackTensor(bytes, shape, precision), expected, {
    tolerance: tolerance[precision],
  });
}

/** Means of blocks, rounded as OpenCV's INTER_AREA does: halves up for a factor of 2, else to even. */
function areaMeans(
  pixels: Uint8Array,
  side: number,
  factor: number,
): Uint8Array {
  return Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const channel = i % 3;
    const x = Math.floor(i / 3) % side;
    const y = Math.floor(i / 3 / side);
    let sum = 0;
    for (let dy = 0; dy < factor; dy++) {
      for (let dx = 0; dx < factor; dx++) {
        sum += pixels[
          ((y * factor + dy) * side * factor + x * factor + dx) * 3 + channel
        ];
      }
    }
    const mean = sum / factor ** 2;
    const half = mean % 1 === 0.5;
    return half && factor !== 2
      ? 2 * Math.round(mean / 2)
      : Math.floor(mean + 0.5);
  });
}
