import { assert, assertEquals } from "@std/assert";
import { runProgram } from "../../../tests/helpers/run_program.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { dropout2d } from "./dropout2d.ts";
import { packTensor, unpackTensor } from "../pack_tensor.ts";

const CHANNELS = 1024;

/** What dropout leaves of ones: a value a plane. */
async function drop(
  { probability, layer = 0, seed = 1, pixels = 3, precision = "f32" }: {
    readonly probability: number;
    readonly layer?: number;
    readonly seed?: number;
    readonly pixels?: number;
    readonly precision?: "f32" | "f16";
  },
): Promise<number[]> {
  const shape = [1, CHANNELS, 1, pixels] as const;
  const input = packTensor(
    new Float32Array(CHANNELS * pixels).fill(1),
    shape,
    precision,
  );
  const program = dropout2d.program(
    { planes: CHANNELS / 4, pixels, layer, probability },
    precision,
  );
  const bytes = await runProgram(gpu, program, {
    buffers: {
      input,
      output: new ArrayBuffer(input.byteLength),
      seed: Uint32Array.of(seed, 0, 0, 0).buffer,
    },
  });
  const values = unpackTensor(bytes, shape, precision);
  return Array.from({ length: CHANNELS }, (_, c) => {
    const plane = values.subarray(c * pixels, (c + 1) * pixels);
    assert(plane.every((x) => x === plane[0]), "a plane drops as a whole");
    return plane[0];
  });
}

for (const precision of ["f32", "f16"] as const) {
  for (const [probability, pixels] of [[0.5, 1], [0.5, 65], [0.2, 257]]) {
    Deno.test(`dropout2d() drops its share of the planes and scales the rest: ${probability}, ${pixels} pixels, ${precision}`, async () => {
      const planes = await drop({ probability, pixels, precision });
      const kept = planes.filter((x) => x !== 0);
      const share = 1 - kept.length / CHANNELS;
      // Five deviations of a binomial share.
      const room = 5 *
        Math.sqrt(probability * (1 - probability) / CHANNELS);
      assert(Math.abs(share - probability) < room, `share ${share}`);
      const scale = 1 / (1 - probability);
      assert(kept.every((x) => Math.abs(x - scale) < 1e-3 * scale));
    });
  }
}

Deno.test("dropout2d() draws anew for another seed and another layer, and alike for the same", async () => {
  const same = await drop({ probability: 0.5 });
  assertEquals(await drop({ probability: 0.5 }), same);
  for (const other of [{ seed: 2 }, { layer: 1 }]) {
    const planes = await drop({ probability: 0.5, ...other });
    const equal = planes.filter((x, i) => x === same[i]).length / CHANNELS;
    assert(Math.abs(equal - 0.5) < 0.08, `${equal} are equal`);
  }
});
