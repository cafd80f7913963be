import { assertClose } from "../../../tests/helpers/assert_close.ts";
import { assert, assertEquals } from "@std/assert";
import { uniform } from "../../../tests/helpers/synthetic_weights.ts";
import { resizeBilinear } from "../../../tests/reference/resize_bilinear.ts";
import { runProgram } from "../../../tests/helpers/run_program.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { finish } from "./finish.ts";

const sizes = [
  { side: 1, centre: 1 },
  { side: 9, centre: 9 },
  { side: 12, centre: 4 },
  { side: 20, centre: 14 },
];

for (const { side, centre } of sizes) {
  for (const factor of [1, 2, 3, 1.25, 2.7]) {
    for (const probability of [false, true]) {
      const what = `${centre} of ${side}, factor ${factor}${
        probability ? ", probability" : ""
      }`;
      Deno.test(`finish() upsamples, then crops, then thresholds: ${what}`, async () => {
        const threshold = Math.fround(0.4);
        const map = Float32Array.from(uniform("map", side * side));
        const width = Math.round(centre * factor);
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
          centre,
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
              margin: (side - centre) / 2 * factor,
              width,
            },
          )
          : sample(map, { side, centre, span: width });
        const mask = await runProgram(gpu, program, { buffers, read: "mask" });
        assertEquals(mask.byteLength, Math.ceil(width * width / 4) * 4);
        new Uint8Array(mask, 0, width * width).forEach((value, i) => {
          // Within an ulp of the threshold 32 bits may round to the other side.
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
            // Half a step, and what 32 bits may round away.
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
    finish.program({ side: 2, centre: 2, span: 2, probability: false }),
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

/** Bilinear samples of the centre, its `span` pixels spread over `centre` ones: any ratio. */
function sample(
  map: Float32Array,
  { side, centre, span }: { side: number; centre: number; span: number },
): Float64Array {
  const at = (i: number) => {
    const source = Math.max(
      0,
      (i + 0.5) * centre / span + (side - centre) / 2 - 0.5,
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
