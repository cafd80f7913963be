import { assert, assertEquals } from "@std/assert";
import type { GpuFault } from "./helpers/faulty_gpu.ts";
import { injectGpuFaults, ShortRun } from "./helpers/inject_faults.ts";

// Some of the calls; `deno task inject` takes all.
const EVERY: Record<GpuFault, number> = {
  ...{ throws: 231, rejects: 307, lost: 253, "out of memory": 307, hangs: 410 },
};

for (const [fault, every] of Object.entries(EVERY)) {
  Deno.test(`inferBatch() survives a GPU whose n-th call ${fault}`, async () => {
    await using run = await ShortRun.create();
    const { faults, recovered, bad } = await injectGpuFaults(run, {
      fault: fault as GpuFault,
      first: 7,
      every,
    });
    assertEquals(bad, []);
    assert(faults > 1 && recovered > 0, `${recovered} of ${faults}`);
  });
}
