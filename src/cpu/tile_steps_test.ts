import { assertClose } from "../../tests/helpers/assert_close.ts";
import { noise } from "../../tests/helpers/noise.ts";
import { runProgram } from "../../tests/helpers/run_program.ts";
import { gpu } from "../../tests/helpers/shared_gpu.ts";
import { uniform } from "../../tests/helpers/synthetic_weights.ts";
import { packedBytes, packTensor, unpackTensor } from "../kernels/pack.ts";
import * as kernels from "../kernels/tile.ts";
import { areaDownsample } from "../tiles/area_downsample.ts";
import {
  accumulate,
  finish,
  loadTile,
  resultBytes,
  resultViews,
} from "./tile_steps.ts";
import { assert, assertEquals } from "@std/assert";

const FLIPS = [
  { horizontal: false, vertical: false },
  { horizontal: true, vertical: false },
  { horizontal: false, vertical: true },
  { horizontal: true, vertical: true },
];
const normalization: kernels.Normalization = {
  mean: [0.65, 0.48, 0.69],
  std: [0.15, 0.23, 0.13],
};

for (const side of [1, 8, 9, 33]) {
  for (const factor of [1, 2, 3, 4]) {
    Deno.test(`areaDownsample() gives the GPU's bytes: side ${side}, factor ${factor}`, async () => {
      const width = side * factor;
      const pixels = noise(width, width);
      const words = await runProgram(
        gpu,
        kernels.downsampleTile.program({ side, factor }),
        {
          buffers: {
            bytes: pixels.slice().buffer,
            output: new ArrayBuffer(side * side * 4),
          },
        },
      );
      assertEquals(
        areaDownsample(pixels, { width, height: width, factor }),
        new Uint8Array(words).filter((_, i) => i % 4 < 3),
      );
    });
  }
  for (const flip of FLIPS) {
    const flipped = `${flip.horizontal ? "h" : ""}${flip.vertical ? "v" : ""}`;
    Deno.test(`loadTile() and accumulate() give the GPU's values: side ${side}, flips ${flipped}`, async () => {
      const picture = noise(side, side);
      const words = Uint8Array.from(
        { length: side * side * 4 },
        (_, i) => i % 4 < 3 ? picture[(i - i % 4) / 4 * 3 + i % 4] : 0,
      );
      const shape = [1, 3, side, side] as const;
      const loaded = await runProgram(
        gpu,
        kernels.loadTile.program({ side, flip, normalization }, "f32"),
        {
          buffers: {
            bytes: words.buffer,
            output: new ArrayBuffer(packedBytes(shape, "f32")),
          },
        },
      );
      const input = new Float32Array(3 * side * side);
      loadTile(picture, { side, flip, normalization }, input);
      const expected = unpackTensor(loaded, shape, "f32");
      assertClose(input, expected, { tolerance: 1e-6 });

      const logits = Float32Array.from(
        uniform("logits", side * side),
        (u) => 16 * u - 8,
      );
      const sum = Float32Array.from(uniform("sum", side * side));
      const weight = 0.25;
      const summed = await runProgram(
        gpu,
        kernels.accumulate.program({ side, flip, weight }, "f32"),
        {
          buffers: {
            logits: packTensor(logits, [1, 1, side, side], "f32"),
            probability: sum.slice().buffer,
          },
          read: "probability",
        },
      );
      const own = sum.slice();
      accumulate(logits, { side, flip, weight }, own);
      assertClose(own, new Float32Array(summed), { tolerance: 1e-6 });
    });
  }
}

for (
  const [side, center, span] of [
    [1, 1, 1],
    [12, 8, 8],
    [12, 8, 16],
    [16, 10, 33],
    [33, 32, 31],
    [9, 1, 7],
  ]
) {
  Deno.test(`finish() gives the GPU's results but for ties: ${center} of ${side} to ${span}`, async () => {
    const probability = Float32Array.from(uniform("p", side * side));
    const threshold = 0.3;
    const kind = { span, probability: true, probability8: true };
    const views = resultViews(new ArrayBuffer(resultBytes(kind)), kind);
    finish(probability, { side, center, span, threshold }, views);
    const count = span * span;
    const whole = Math.ceil(count / 4) * 4;
    const program = kernels.finish.program(
      { side, center, span, probability: true, bytes: true },
    );
    const read = async (name: string) =>
      await runProgram(gpu, program, {
        buffers: {
          probability: probability.slice().buffer,
          mask: new ArrayBuffer(whole),
          threshold: new Float32Array([threshold, 0, 0, 0]).buffer,
          full: new ArrayBuffer(count * 4),
          bytes: new ArrayBuffer(whole),
        },
        read: name,
      });
    const full = new Float32Array(await read("full"));
    assertClose(views.full!, full, { tolerance: 1e-6 });
    const [mask, bytes] = await Promise.all(["mask", "bytes"].map(read))
      .then((all) => all.map((one) => new Uint8Array(one)));
    for (let i = 0; i < count; i++) {
      const ties = Math.abs(full[i] - threshold) < 1e-6;
      assert(ties || views.mask[i] === mask[i], `mask at ${i}`);
      const rest = (255 * full[i] + 0.5) % 1;
      const near = Math.min(rest, 1 - rest) < 1e-3;
      assert(near || views.bytes![i] === bytes[i], `byte at ${i}`);
    }
    const limit = Math.fround(threshold);
    assertEquals(
      views.mask,
      Uint8Array.from(views.full!, (p) => Number(p > limit)),
    );
  });
}
