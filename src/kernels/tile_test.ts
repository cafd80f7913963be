import { assertClose } from "../../tests/helpers/assert_close.ts";
import { noise } from "../../tests/helpers/noise.ts";
import { randomValues } from "../../tests/helpers/random_values.ts";
import { runProgram } from "../../tests/helpers/run_program.ts";
import { gpu } from "../../tests/helpers/shared_gpu.ts";
import { uniform } from "../../tests/helpers/synthetic_weights.ts";
import { flip } from "../../tests/reference/flip.ts";
import { resizeBilinear } from "../../tests/reference/resize_bilinear.ts";
import { packedBytes, packTensor, unpackTensor } from "./pack.ts";
import { accumulate, downsampleTile, finish, loadTile } from "./tile.ts";
import { assert, assertEquals } from "@std/assert";

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

/** Means of blocks, rounded as in OpenCV's INTER_AREA: halves up for a factor of 2, else to even. */
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

const normalization = {
  mean: [0.65, 0.48, 0.69],
  std: [0.15, 0.24, 0.13],
} as const;

// In f32 the division by 255, the mean's subtraction and the division by the deviation round once each; f16 rounds the result.
const tolerance = { f32: 1e-6, f16: 2 ** -10 };

// Rows that are multiples of four are loaded four pixels at a time.
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
          const voted = await runProgram(
            gpu,
            accumulate.program(
              { side, weight, flip: flips, vote: 0.75 },
              precision,
            ),
            {
              buffers: {
                logits: packTensor(logits, shape, precision),
                probability: before.slice().buffer,
              },
              read: "probability",
            },
          );
          assertClose(
            new Float32Array(voted),
            flip(logits, { side, ...flips })
              .map((x, i) => before[i] + (x > Math.log(3) ? weight : 0)),
            { tolerance: 1e-6 },
          );
        });
      }
    }
  }
}

const sizes = [
  { side: 1, center: 1 },
  { side: 9, center: 9 },
  { side: 12, center: 4 },
  { side: 20, center: 14 },
];

for (const { side, center } of sizes) {
  for (const factor of [1, 2, 3, 1.25, 2.7]) {
    for (const probability of [false, true]) {
      const what = `${center} of ${side}, factor ${factor}${
        probability ? ", probability" : ""
      }`;
      Deno.test(`finish() upsamples, then crops, then thresholds: ${what}`, async () => {
        const threshold = Math.fround(0.4);
        const map = Float32Array.from(uniform("map", side * side));
        const width = Math.round(center * factor);
        const buffers: Record<string, ArrayBuffer> = {
          probability: map.buffer,
          mask: new ArrayBuffer(Math.ceil(width * width / 4) * 4),
          threshold: new Float32Array([threshold, 0, 0, 0]).buffer,
        };
        if (probability) {
          buffers.full = new ArrayBuffer(width * width * 4);
          buffers.bytes = new ArrayBuffer(Math.ceil(width * width / 4) * 4);
        }
        const program = finish.program({
          side,
          center,
          span: width,
          probability,
          bytes: probability,
        });
        const expected = Number.isInteger(factor)
          ? crop(
            resizeBilinear(map, {
              from: [side, side],
              to: [side * factor, side * factor],
            }),
            {
              side: side * factor,
              margin: (side - center) / 2 * factor,
              width,
            },
          )
          : sample(map, { side, center, span: width });
        const mask = await runProgram(gpu, program, { buffers, read: "mask" });
        assertEquals(mask.byteLength, Math.ceil(width * width / 4) * 4);
        new Uint8Array(mask, 0, width * width).forEach((value, i) => {
          // Within an ulp of the threshold, 32 bits may round to the other side.
          if (Math.abs(expected[i] - threshold) < 1e-6) return;
          assert(
            value === Number(expected[i] > threshold),
            `pixel ${i} of ${expected[i]}: ${value}`,
          );
        });
        if (probability) {
          const full = await runProgram(gpu, program, {
            buffers,
            read: "full",
          });
          assertClose(new Float32Array(full), expected, { tolerance: 1e-6 });
          const bytes = await runProgram(gpu, program, {
            buffers,
            read: "bytes",
          });
          new Uint8Array(bytes, 0, width * width).forEach((value, i) => {
            // Half a step, and the rounding errors of 32 bits.
            const error = Math.abs(value - expected[i] * 255);
            assert(error < 0.5 + 1e-3, `pixel ${i}: ${value}`);
          });
        }
      });
    }
  }
}

Deno.test("finish() leaves a probability equal to the threshold out of the mask", async () => {
  const mask = await runProgram(
    gpu,
    finish.program({ side: 2, center: 2, span: 2, probability: false }),
    {
      buffers: {
        probability: new Float32Array([0.5, 0.5000001, 0.4999999, 1]).buffer,
        mask: new ArrayBuffer(4),
        threshold: new Float32Array([0.5, 0, 0, 0]).buffer,
      },
      read: "mask",
    },
  );
  assertEquals(new Uint8Array(mask), Uint8Array.of(0, 1, 0, 1));
});

function crop(
  values: Float64Array,
  { side, margin, width }: { side: number; margin: number; width: number },
): Float64Array {
  return Float64Array.from(
    { length: width * width },
    (_, i) =>
      values[(Math.floor(i / width) + margin) * side + i % width + margin],
  );
}

/** Bilinear samples of the center: `span` pixels from `center` ones, at any ratio. */
function sample(
  map: Float32Array,
  { side, center, span }: { side: number; center: number; span: number },
): Float64Array {
  const at = (i: number) => {
    const source = Math.max(
      0,
      (i + 0.5) * center / span + (side - center) / 2 - 0.5,
    );
    const low = Math.floor(source);
    return { low, high: Math.min(low + 1, side - 1), t: source - low };
  };
  return Float64Array.from({ length: span * span }, (_, i) => {
    const [y, x] = [at(Math.floor(i / span)), at(i % span)];
    const row = (line: number) =>
      map[line * side + x.low] * (1 - x.t) + map[line * side + x.high] * x.t;
    return row(y.low) * (1 - y.t) + row(y.high) * y.t;
  });
}
