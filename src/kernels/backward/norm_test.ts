import { assertEquals } from "@std/assert";
import { runProgram } from "../../../tests/helpers/run_program.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import type { Program } from "../../gpu/program.ts";
import { packTensor } from "../pack.ts";
import {
  batchNormDataGradient,
  batchNormParameters,
  batchNormSums,
  channelSums,
  sumPartials,
} from "./norm.ts";

const flags = { relu: false, inputRelu: false, residual: false };

Deno.test("batchNormDataGradient() dispatches a workgroup for 128 pixels of 8 planes", () => {
  const dispatched = (batch: number, blocks: number, pixels: number) =>
    batchNormDataGradient.program({ batch, blocks, pixels, ...flags })
      .workgroups;
  assertEquals(dispatched(1, 1, 1), [1, 1, 1]);
  assertEquals(dispatched(2, 4, 128), [1, 1, 1]);
  assertEquals(dispatched(3, 3, 129), [2, 2, 1]);
  assertEquals(dispatched(5, 16, 1280), [10, 10, 1]);
});

Deno.test("batchNormSums() and channelSums() dispatch a workgroup for 8 planes, batchNormParameters() one for 64 blocks", () => {
  for (const [batch, blocks, expected] of [[1, 1, 1], [2, 4, 1], [3, 3, 2]]) {
    const size = { batch, blocks, pixels: 200 };
    const sums = batchNormSums.program({ ...size, relu: false });
    assertEquals(sums.workgroups, [expected, 1, 1]);
    const planes = batch * blocks;
    const channels = channelSums.program({ planes, pixels: 200 });
    assertEquals(channels.workgroups, [expected, 1, 1]);
  }
  for (const [blocks, expected] of [[1, 1], [64, 1], [65, 2]]) {
    const size = { batch: 9, blocks, pixels: 1, accumulate: false };
    const { workgroups } = batchNormParameters.program(size);
    assertEquals(workgroups, [expected, 1, 1]);
  }
});

Deno.test("sumPartials() dispatches a workgroup for 64 vectors, in rows of 32768", () => {
  const dispatched = (vectors: number) =>
    sumPartials.program({ partials: 2, vectors, accumulate: false }).workgroups;
  assertEquals(dispatched(1), [1, 1, 1]);
  assertEquals(dispatched(64), [1, 1, 1]);
  assertEquals(dispatched(65), [2, 1, 1]);
  assertEquals(dispatched(64 * 32768), [32768, 1, 1]);
  assertEquals(dispatched(64 * 32768 + 1), [32768, 2, 1]);
});

Deno.test("batch norm's gradients are none where its ReLU lets exactly zero through", async () => {
  const shape = [1, 4, 1, 5] as const;
  const ones = packTensor(new Float32Array(20).fill(1), shape, "f32");
  const size = { batch: 1, blocks: 1, pixels: 5 };
  /** Sums, and the gradient by the input, of ones that are scaled by 1 and shifted. */
  const run = async (shift: number) => {
    const affine = Float32Array.of(1, 1, 1, 1, shift, shift, shift, shift);
    const buffers = {
      grad_output: ones,
      input: ones,
      affine: affine.buffer,
      statistics: new ArrayBuffer(32),
      // Of factor, center, slope and mean, the factor alone.
      coefficients: Float32Array.from({ length: 16 }, (_, i) => i < 4 ? 1 : 0)
        .buffer,
      output: new ArrayBuffer(80),
    };
    const of = async (program: Program) => {
      const used = Object.entries(buffers)
        .filter(([name]) => name in program.bindings);
      return new Float32Array(
        await runProgram(gpu, program, { buffers: Object.fromEntries(used) }),
      );
    };
    const sums = await of(batchNormSums.program({ ...size, relu: true }));
    const data = await of(
      batchNormDataGradient.program({ ...size, ...flags, relu: true }),
    );
    return [sums[0], data[0]];
  };
  assertEquals(await run(-0.5), [5, 1]);
  assertEquals(await run(-1), [0, 0]);
});
