import { assertEquals, assertRejects } from "@std/assert";
import type { Dispatch } from "./dispatch.ts";
import type { Gpu } from "./gpu.ts";
import { Submitter } from "./submitter.ts";

/** A device whose submissions take some milliseconds for each dispatch, by a clock of its own. */
function device(milliseconds: number) {
  const submissions: number[] = [];
  let [clock, count] = [0, 0];
  const pass = {
    ...{ setPipeline() {}, setBindGroup() {}, end() {} },
    dispatchWorkgroups: () => count++,
  };
  const gpu = {
    encoder: () => ({ beginComputePass: () => pass }),
    submit() {
      submissions.push(count);
      clock += count * milliseconds;
      count = 0;
    },
  } as unknown as Gpu;
  return { gpu, submissions, now: () => clock };
}

const steps = Array.from({ length: 20 }, () => ({
  pipeline: { program: { name: "step", workgroups: [1, 1, 1] } },
})) as unknown as Dispatch[];

Deno.test("Submitter submits all at once where the call returns at once", async () => {
  const { gpu, submissions, now } = device(0.01);
  const submitter = new Submitter(gpu, { now });
  const first = submitter.submit(steps);
  const second = submitter.submit(steps);
  const alone = steps.map(() => 1);
  assertEquals(submissions, [...alone, 20], "before the first await");
  await Promise.all([first, second]);
});

Deno.test("Submitter lets others have their turn where calls take long, and stops at a signal", async () => {
  const { gpu, submissions, now } = device(30);
  const one = new Submitter(gpu, { now });
  let turns = 0;
  const timer = setInterval(() => turns++);
  await one.submit(steps);
  clearInterval(timer);
  assertEquals(turns > 0, true);
  await one.submit(steps);
  const [whole, rest] = [[8, 8], 4]; // of 250 ms at most
  assertEquals(submissions, [...steps.map(() => 1), ...whole, rest]);

  const slow = device(500);
  const controller = new AbortController();
  const submitter = new Submitter(slow.gpu, {
    ...{ now: slow.now, signal: controller.signal },
  });
  setTimeout(() => controller.abort(new Error("SIGTERM")));
  await assertRejects(() => submitter.submit(steps), Error, "SIGTERM");
  assertEquals(slow.submissions, [1]);
});
