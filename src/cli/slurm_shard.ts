import { UsageError } from "../errors/cannot.ts";

const VARIABLES = ["TASK_ID", "TASK_COUNT", "TASK_MIN", "TASK_MAX"] as const;

/**
 * The shard of a task of a Slurm array, by its number. An array that was submitted again for some of its numbers has gaps:
 * then no number says which parts are left to it.
 *
 * @throws {UsageError} If there is no array, or it has gaps.
 */
export function slurmShard(
  read: (variable: string) => string | undefined = readVariable,
): [part: number, parts: number] {
  const [id, count, min, max] = VARIABLES.map((name) => {
    const text = read(`SLURM_ARRAY_${name}`);
    return text === undefined || !/^\d+$/.test(text) ? NaN : Number(text);
  });
  if ([id, count, min, max].some(Number.isNaN)) {
    throw new UsageError(
      "--shard slurm needs a task of an array, and --allow-env=SLURM_ARRAY_TASK_ID,SLURM_ARRAY_TASK_COUNT,SLURM_ARRAY_TASK_MIN,SLURM_ARRAY_TASK_MAX; or give --shard I/N",
    );
  }
  if (max - min + 1 !== count || id < min || id > max) {
    throw new UsageError(
      `--shard slurm needs an array without gaps, but this one has ${count} tasks from ${min} to ${max}; give --shard $SLURM_ARRAY_TASK_ID/N with the N of the first submission`,
    );
  }
  return [id - min + 1, count];
}

function readVariable(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}
