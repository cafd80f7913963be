import { assertEquals } from "@std/assert";
import { runProgram } from "../../tests/helpers/run_program.ts";
import { gpu } from "../../tests/helpers/shared_gpu.ts";
import { prepareUpdate } from "./optimizer.ts";

/** The loss scale, and for how many updates it has been steady, after a sum of squares. */
async function prepare(
  before: readonly [lossScale: number, steady: number],
  { squares = 4, dynamic = true } = {},
): Promise<[lossScale: number, steady: number]> {
  const control = new ArrayBuffer(32);
  const [floats, counts] = [
    new Float32Array(control),
    new Uint32Array(control),
  ];
  [floats[0], counts[2]] = before;
  const settings = Float32Array.of(
    ...[0.01, 0.1, 0.999, 0.001, 1e-8, 0, 1, Math.log(0.9), Math.log(0.999)],
  );
  const bytes = await runProgram(
    gpu,
    prepareUpdate.program({ length: 1, dynamic }),
    {
      buffers: {
        partial: Float32Array.of(squares).buffer,
        control,
        settings: settings.buffer,
      },
      read: "control",
    },
  );
  return [new Float32Array(bytes)[0], new Uint32Array(bytes)[2]];
}

Deno.test("prepareUpdate() doubles the loss scale after 2000 steady updates, up to 2^24", async () => {
  assertEquals(await prepare([1024, 1998]), [1024, 1999]);
  assertEquals(await prepare([1024, 1999]), [2048, 0]);
  assertEquals(await prepare([2 ** 23, 1999]), [2 ** 24, 0]);
  assertEquals(await prepare([2 ** 24, 1999]), [2 ** 24, 0]);
});

Deno.test("prepareUpdate() halves the loss scale where gradients overflow, down to 1", async () => {
  for (const squares of [Infinity, NaN]) {
    assertEquals(await prepare([1024, 1999], { squares }), [512, 0]);
    assertEquals(await prepare([1.5, 7], { squares }), [1, 0]);
    assertEquals(await prepare([1, 7], { squares }), [1, 0]);
  }
});

Deno.test("prepareUpdate() leaves a fixed loss scale as it is", async () => {
  const dynamic = false;
  assertEquals(await prepare([1, 1999], { dynamic }), [1, 2000]);
  assertEquals(await prepare([1, 5], { dynamic, squares: Infinity }), [1, 5]);
});
