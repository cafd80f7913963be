import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../errors/cannot.ts";
import { slurmShard } from "./slurm_shard.ts";

const shard = (id?: number, count?: number, min?: number, max?: number) => {
  const values: Record<string, number | undefined> = {
    SLURM_ARRAY_TASK_ID: id,
    SLURM_ARRAY_TASK_COUNT: count,
    SLURM_ARRAY_TASK_MIN: min,
    SLURM_ARRAY_TASK_MAX: max,
  };
  return slurmShard((name) => values[name]?.toString());
};

Deno.test("slurmShard() counts from the first task of an array", () => {
  assertEquals(shard(0, 4, 0, 3), [1, 4]);
  assertEquals(shard(3, 4, 0, 3), [4, 4]);
  assertEquals(shard(7, 3, 5, 7), [3, 3]);
  assertEquals(shard(12, 1, 12, 12), [1, 1]);
});

Deno.test("slurmShard() refuses arrays with gaps, and what is no array", () => {
  assertThrows(() => shard(3, 3, 3, 9), UsageError, "3 tasks from 3 to 9");
  assertThrows(() => shard(4, 2, 0, 4), UsageError, "without gaps");
  assertThrows(() => shard(), UsageError, "--shard I/N");
  assertThrows(() => shard(1, 2, 1), UsageError, "--allow-env=SLURM_ARRAY");
});
