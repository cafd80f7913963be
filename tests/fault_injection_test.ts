import { assert, assertEquals } from "@std/assert";
import type { FileFault } from "./helpers/faulty_files.ts";
import type { GpuFault } from "./helpers/faulty_gpu.ts";
import type { NetworkFault } from "./helpers/faulty_server.ts";
import type { WorkerFault } from "./helpers/faulty_workers.ts";
import {
  type Injected,
  injectFileFaults,
  injectGpuFaults,
  injectNetworkFaults,
  injectWorkerFaults,
} from "./helpers/inject_faults.ts";
import { ShortRun } from "./helpers/short_run.ts";

const run = await ShortRun.create();
Deno.test.afterAll(() => run[Symbol.asyncDispose]());

/** Checks that all faults were survived. */
function check(
  { faults, recovered, failed, bad }: Injected,
  { expected, fails = false }: {
    readonly expected: number;
    readonly fails?: boolean;
  },
): void {
  assertEquals(bad, []);
  assertEquals(faults, expected);
  assertEquals(fails ? failed : recovered, faults);
}

// One call each; `deno task inject` takes all.
const GPU: Partial<Record<GpuFault, number>> = {
  ...{ throws: 600, lost: 513, "out of memory": 614, hangs: 417 },
};
const FILES: Partial<Record<FileFault, number>> = {
  ...{ EIO: 31, gone: 194, ENOSPC: 45, short: 70 },
};
const NETWORK: Partial<Record<NetworkFault, number>> = {
  ...{ drops: 2, changed: 9 },
};
const WORKERS: Partial<Record<WorkerFault, number>> = {
  ...{ dies: 1, ends: 13 },
};

for (const [name, first] of Object.entries(GPU)) {
  Deno.test(`inferBatch() survives a GPU that ${name} at a call`, async () => {
    const fault = name as GpuFault;
    const ended = await injectGpuFaults(run, { fault, first, most: 1 });
    check(ended, { expected: 1 });
  });
}

for (const [name, first] of Object.entries(FILES)) {
  Deno.test(`inferBatch() survives a file where a call meets: ${name}`, async () => {
    const fault = name as FileFault;
    const ended = await injectFileFaults(run, { fault, first, most: 1 });
    check(ended, { expected: 1, fails: fault !== "short" });
  });
}

Deno.test("inferBatch() survives EIO while it continues a run that was killed", async () => {
  const resumed = { fault: "EIO", first: 133, most: 1, resumed: true } as const;
  check(await injectFileFaults(run, resumed), { expected: 1, fails: true });
});

Deno.test("inferBatch() counts a slide once that fails after its first files are there", async () => {
  await using least = await ShortRun.create({ least: true });
  const late = { fault: "EIO", first: 158, every: 7, most: 2 } as const;
  check(await injectFileFaults(least, late), { expected: 2, fails: true });
});

for (const [name, first] of Object.entries(NETWORK)) {
  Deno.test(`inferBatch() survives a server that answers a request so: ${name}`, async () => {
    const fault = name as NetworkFault;
    const ended = await injectNetworkFaults(run, { fault, first, most: 1 });
    const fails = !/^drops$|^stalls/.test(fault);
    check(ended, { expected: 1, fails });
  });
}

for (const [name, first] of Object.entries(WORKERS)) {
  Deno.test(`inferBatch() is not disturbed by a decoding thread that ${name}`, async () => {
    const fault = name as WorkerFault;
    const ended = await injectWorkerFaults(run, { fault, first, most: 1 });
    check(ended, { expected: 1 });
  });
}

Deno.test("injectFaults() ends when a run passes untouched", async () => {
  const ended = await injectWorkerFaults(run, { fault: "dies", first: 1e9 });
  assertEquals([ended.faults, ended.bad], [0, []]);
  assert(ended.calls > 10, `${ended.calls} blocks`);
});
