/**
 * Decoding threads for this process: the processors that Slurm has allotted to its task, if that may be read and is less than
 * those that the system lets it use. The runtime already counts affinity and the quota of its cgroup.
 */
export function threadsHere(
  {
    cores = navigator.hardwareConcurrency,
    allotted = readAllotted(),
  }: { readonly cores?: number; readonly allotted?: string } = {},
): number | undefined {
  const most = Number(allotted);
  if (!(Number.isInteger(most) && most >= 1 && most < cores)) return undefined;
  return most;
}

function readAllotted(): string | undefined {
  const variable = "SLURM_CPUS_PER_TASK";
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}
