import { assertEquals } from "@std/assert";
import { runProgram } from "../../../tests/helpers/run_program.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { maskGroups } from "./mask_groups.ts";
import { packConvWeight, ungroupWeight } from "../pack_weights.ts";

for (const groups of [1, 2, 3]) {
  for (
    const [groupOutputs, groupInputs, side] of [[1, 1, 1], [5, 3, 3], [2, 6, 1]]
  ) {
    Deno.test(`maskGroups() keeps what is within groups: ${groups} groups of ${groupInputs} to ${groupOutputs}, kernel ${side}`, async () => {
      const outputs = groups * groupOutputs;
      const kernel = [side, side] as const;
      const shape = { outputs, inputs: groupInputs, kernel };
      const ones = new Float32Array(outputs * groupInputs * side * side).fill(
        1,
      );
      const stored = { ...shape, inputs: groups * groupInputs };
      const expected = packConvWeight(
        ungroupWeight(ones, shape, groups),
        stored,
        "f32",
      );
      const gradient = new Float32Array(expected.byteLength / 4).fill(1);
      const bytes = await runProgram(
        gpu,
        maskGroups.program({ shape: stored, groups }),
        { buffers: { gradient: gradient.buffer }, read: "gradient" },
      );
      // Outputs past the last are zero already where it is used.
      const [actual, wanted] = [bytes, expected].map((b) =>
        new Float32Array(b)
      );
      wanted.forEach((value, i) => {
        const output =
          Math.floor(i / (wanted.length / Math.ceil(outputs / 4))) *
            4 + i % 4;
        if (output < outputs) assertEquals(actual[i], value);
      });
    });
  }
}
