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
  accumulateClasses,
  centerBytes,
  finish,
  loadTile,
  resultBytes,
  resultViews,
} from "./tile_steps.ts";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";

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

      // Votes, and their center as bytes.
      const votes = new Float32Array(side * side);
      const vote = 0.7;
      accumulate(logits, { side, flip, weight: 1, vote }, votes);
      accumulate(logits, { side, flip, weight: 1 }, own.fill(0));
      assertEquals(votes, own.map((p) => p > Math.fround(vote) ? 1 : 0));
      if (side < 3) return;
      const bytes = new Uint8Array((side - 2) ** 2);
      centerBytes(votes, side, bytes);
      assertEquals(bytes[0], votes[side + 1] * 255);
      assertEquals(bytes.at(-1), votes.at(-side - 2)! * 255);
    });
  }
}

for (const side of [9, 16]) {
  for (const flip of FLIPS) {
    for (const softmax of [false, true]) {
      for (const classes of [1, 5]) {
        const flipped = `${flip.horizontal ? "h" : ""}${
          flip.vertical ? "v" : ""
        }`;
        Deno.test(`accumulateClasses() gives the GPU's and the formula's values: side ${side}, flips ${flipped}, ${classes} of ${softmax ? "softmax" : "sigmoid"}`, async () => {
          const channels = classes + Number(softmax);
          const shape = [1, channels, side, side] as const;
          const pixels = side * side;
          const logits = Float32Array.from(
            uniform("logits", channels * pixels),
            (u) => 200 * u - 100, // exponentials of which overflow
          );
          const sum = Float32Array.from(uniform("sum", classes * pixels));
          const params = { side, flip, weight: 0.25, classes, softmax };
          for (const precision of ["f32", "f16"] as const) {
            const packed = packTensor(logits, shape, precision);
            const stored = unpackTensor(packed, shape, precision);
            const summed = await runProgram(
              gpu,
              kernels.accumulateClasses.program(params, precision),
              {
                buffers: { logits: packed, probability: sum.slice().buffer },
                read: "probability",
              },
            );
            const own = sum.slice();
            accumulateClasses(stored, params, own);
            const expected = Float32Array.from(own, (_, i) => {
              const [k, y, x] = [
                Math.floor(i / pixels),
                Math.floor(i % pixels / side),
                i % side,
              ];
              const at = (flip.vertical ? side - 1 - y : y) * side +
                (flip.horizontal ? side - 1 - x : x);
              const logit = (c: number) => stored[c * pixels + at];
              const all = Array.from({ length: channels }, (_, c) => c);
              const p = softmax
                ? 1 / all.reduce(
                  (total, c) => total + Math.exp(logit(c) - logit(k + 1)),
                  0,
                )
                : 1 / (1 + Math.exp(-logit(k)));
              return sum[i] + 0.25 * p;
            });
            assertClose(own, expected, { tolerance: 1e-6 });
            assertClose(own, new Float32Array(summed), { tolerance: 2e-6 });
          }
        });
      }
    }
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
    const kind = {
      ...{ span, classes: 1, probability: true, probability8: true },
      ...{ probabilities: false, probabilities8: false },
    };
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

for (
  const [side, center, span] of [[1, 1, 1], [12, 8, 16], [16, 10, 33], [
    9,
    1,
    7,
  ]]
) {
  Deno.test(`finish() chooses among classes as the GPU does, but for ties: ${center} of ${side} to ${span}`, async () => {
    const classes = 3, threshold = 0.6;
    const probability = Float32Array.from(uniform("p", classes * side * side));
    // The second class is nowhere above the first: ties are the first's.
    for (let i = 0; i < side * side; i++) {
      probability[side * side + i] = probability[i];
    }
    const kind = {
      ...{ span, classes, probability: true, probability8: true },
      ...{ probabilities: true, probabilities8: true },
    };
    const views = resultViews(new ArrayBuffer(resultBytes(kind)), kind);
    finish(probability, { side, center, span, classes, threshold }, views);
    const count = span * span;
    const whole = Math.ceil(count / 4) * 4;
    const program = kernels.finish.program({
      ...{ side, center, span, classes, probability: true },
      ...{ bytes: true, fulls: true, planes: true },
    });
    const read = async (name: string) =>
      await runProgram(gpu, program, {
        buffers: {
          probability: probability.slice().buffer,
          mask: new ArrayBuffer(whole),
          threshold: new Float32Array([threshold, 0, 0, 0]).buffer,
          full: new ArrayBuffer(count * 4),
          bytes: new ArrayBuffer(whole),
          fulls: new ArrayBuffer(classes * count * 4),
          planes: new ArrayBuffer(classes * whole),
        },
        read: name,
      });
    const fulls = new Float32Array(await read("fulls"));
    const planes = new Uint8Array(await read("planes"));
    const mask = new Uint8Array(await read("mask"));
    const full = new Float32Array(await read("full"));
    const bytes = new Uint8Array(await read("bytes"));
    const limit = Math.fround(threshold);
    for (let i = 0; i < count; i++) {
      const own = views.fulls!.map((plane) => plane[i]);
      for (let k = 0; k < classes; k++) {
        assertAlmostEquals(own[k], fulls[k * count + i], 1e-6);
        assertAlmostEquals(
          views.planes![k][i],
          planes[k * whole + i],
          Math.abs((255 * own[k] + 0.5) % 1 - 0.5) > 0.499 ? 1 : 0,
        );
      }
      const best = Math.max(...own);
      const chosen = best > limit ? own.indexOf(best) + 1 : 0;
      assertEquals([views.full![i], views.mask[i]], [best, chosen]);
      assertEquals(views.mask[i] === 2, false);
      const others = own.filter((p) => Math.abs(p - best) < 1e-6);
      const ties = Math.abs(best - threshold) < 1e-6 ||
        others.length > 2 || others.length === 2 && chosen === 3;
      assert(ties || mask[i] === chosen, `mask at ${i}`);
      assertAlmostEquals(full[i], best, 1e-6);
      assertEquals(
        bytes[i],
        Math.max(...[0, 1, 2].map((k) => planes[k * whole + i])),
      );
    }
    const seen = new Set(views.mask);
    assert(span < 16 || seen.has(0) && seen.has(1) && seen.has(3));
  });
}
