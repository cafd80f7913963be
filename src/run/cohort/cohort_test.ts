import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { captureConsole } from "../../../tests/helpers/capture_console.ts";
import { CohortRun } from "../../../tests/helpers/cohort_run.ts";
import { main } from "../../cli/main.ts";
import { Tuning } from "../../predict/tuning.ts";
import { cohortStatus, inferCohort, mergeCohort } from "../mod.ts";

const cohort = await CohortRun.create();
Deno.test.afterAll(() => cohort[Symbol.asyncDispose]());

Deno.test("A cohort in parts ends in the bytes of a single run", async () => {
  const { folder, parts } = await cohort.plan();
  assertEquals(parts, 5 + 1);
  for (const shard of [[2, 2], [1, 2]] as const) {
    const progress = await inferCohort(folder, { choose: { shard } });
    assertEquals(progress, { done: 3, complete: 0, failed: 0, passing: 0 });
  }
  const merged = await mergeCohort(folder);
  assertEquals(merged.missing, []);
  await cohort.expectSingle(`${folder}/results`);
  const again = await inferCohort(folder, { choose: { shard: [1, 1] } });
  assertEquals(again, { done: 0, complete: 6, failed: 0, passing: 0 });
});

Deno.test("mergeCohort() names missing and damaged parts, and adds them when they are there", async () => {
  const { folder } = await cohort.plan();
  await inferCohort(folder, { choose: { parts: [1, 2, 4, 5, 6] } });
  const first = await mergeCohort(folder);
  assertEquals(first.missing, [3]);
  assertEquals(first.entries.map(({ place }) => place), ["b"]);
  await inferCohort(folder, { choose: { parts: [3] } });
  const path = `${folder}/parts/000/000002.tiles`;
  const bytes = await Deno.readFile(path);
  bytes[bytes.length >> 1] ^= 1;
  await Deno.writeFile(path, bytes);
  assertEquals((await mergeCohort(folder)).missing, [2]);
  const { done } = await inferCohort(folder, { choose: { shard: [1, 1] } });
  assertEquals(done, 1);
  const last = await mergeCohort(folder);
  assertEquals(
    [last.missing, last.entries.map(({ status }) => status)],
    [[], ["done", "complete"]],
  );
  await cohort.expectSingle(`${folder}/results`);
});

Deno.test("cohortStatus() counts parts, tiles and slides", async () => {
  const { folder } = await cohort.plan();
  await inferCohort(folder, { choose: { parts: [1, 6] } });
  const { slides, parts, tiles, missing, secondsPerTile, secondsLeft } =
    await cohortStatus(folder);
  assertEquals(slides, { all: 2, done: 1 });
  assertEquals(parts, { all: 6, done: 2, begun: 0, failed: 0, left: 4 });
  assertEquals(tiles, { all: 29, done: 9 });
  assertEquals(missing, [2, 3, 4, 5]);
  assert(secondsPerTile! > 0);
  assertEquals(secondsLeft, undefined);
});

Deno.test("inferCohort() uses the kernels of the plan, whatever this machine has measured", async () => {
  const { folder } = await cohort.plan();
  const path = `${folder}/cohort.json`;
  const kernels = { "some device | f32 | some shape": "some kernel" };
  const planned = JSON.parse(await Deno.readTextFile(path));
  await Deno.writeTextFile(path, JSON.stringify({ ...planned, kernels }));
  const { variantOf } = Tuning.prototype;
  const asked = new Set<string>();
  try {
    Tuning.prototype.variantOf = function (...args) {
      asked.add(this.stringify());
      return variantOf.apply(this, args);
    };
    await inferCohort(folder, { choose: { parts: [1] } });
  } finally {
    Tuning.prototype.variantOf = variantOf;
  }
  assertEquals([...asked].map((text) => JSON.parse(text)), [kernels]);
});

Deno.test("merge --labels evaluates once all parts are there, and names the shards that are missing", async () => {
  const { folder } = await cohort.plan();
  await inferCohort(folder, { choose: { shard: [1, 2] } });
  const labels = `${folder}/labels.csv`;
  const merge = () =>
    captureConsole(() =>
      main(["merge", folder, "--labels", labels, "--shards", "2"])
    );
  const first = await merge();
  assertEquals(first.code, 1);
  assertStringIncludes(first.error, "3 of 6 parts are missing");
  assertStringIncludes(first.error, "--array=2 with");
  await inferCohort(folder, { choose: { shard: [2, 2] } });
  await mergeCohort(folder);
  // What was found is what is true.
  const tables = await Promise.all(
    ["a", "b"].map((name) =>
      Deno.readTextFile(`${folder}/results/${name}.rle.csv`)
    ),
  );
  const rows = tables.map((text) => text.trim().split("\n").at(-1));
  await Deno.writeTextFile(labels, `id,encoding\n${rows.join("\n")}\n`);
  assertEquals((await merge()).code, 0);
  const { overall, slides } = JSON.parse(
    await Deno.readTextFile(`${folder}/results/evaluation.json`),
  );
  assertEquals([overall[0].evaluation.dice, slides.length], [1, 2]);
});
