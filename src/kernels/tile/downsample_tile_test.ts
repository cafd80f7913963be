import { assertEquals } from "@std/assert";
import { noise } from "../../../tests/helpers/noise.ts";
import { runProgram } from "../../../tests/helpers/run_program.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { downsampleTile } from "./downsample_tile.ts";

for (const side of [1, 8, 9, 63]) {
  for (const factor of [1, 2, 3, 4]) {
    Deno.test(`downsampleTile() matches the CPU reference: side ${side}, factor ${factor}`, async () => {
      const pixels = noise(side * factor, side * factor);
      const program = downsampleTile.program({ side, factor });
      const words = await runProgram(gpu, program, {
        buffers: {
          bytes: pixels.buffer as ArrayBuffer,
          output: new ArrayBuffer(side * side * 4),
        },
      });
      const means = areaMeans(pixels, side, factor);
      assertEquals(
        new Uint8Array(words),
        Uint8Array.from(
          { length: side * side * 4 },
          (_, i) => i % 4 < 3 ? means[(i - i % 4) / 4 * 3 + i % 4] : 0,
        ),
      );
    });
  }
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
