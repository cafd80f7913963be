import { assert, assertEquals, assertRejects } from "@std/assert";
import { CohortRun } from "../../../tests/helpers/cohort_run.ts";
import { cohortStatus, planCohort } from "../mod.ts";
import { OpenCohort } from "./cohort.ts";

const run = await CohortRun.create();
Deno.test.afterAll(() => run[Symbol.asyncDispose]());
const { weights, slides } = run;

Deno.test("planCohort() cuts slides into rows of tiles, none lost and none twice", async () => {
  // Of 5 × 5 and 2 × 2 tiles.
  const cases: [partsOf: number | undefined, cuts: number[][]][] = [
    [undefined, [[0, 5], [0, 2]]],
    [1, [[0, 1, 2, 3, 4, 5], [0, 1, 2]]],
    [10, [[0, 2, 3, 5], [0, 2]]],
    [24, [[0, 3, 5], [0, 2]]],
    [25, [[0, 5], [0, 2]]],
  ];
  for (const [partsOf, expected] of cases) {
    const { cohort, parts } = await planCohort(slides, {
      ...{ weights, partsOf, out: run.run.out() },
    });
    assertEquals(cohort.slides.map(({ cuts }) => cuts), expected);
    assertEquals(parts.map(({ id }) => id), parts.map((_, i) => i + 1));
    assertEquals(parts.reduce((sum, { tiles }) => sum + tiles, 0), 29);
  }
});

Deno.test("planCohort() plans the same again, and refuses another cohort in its place", async () => {
  const out = run.run.out();
  await planCohort(slides, { weights, out });
  const text = await Deno.readTextFile(`${out}/cohort.json`);
  await planCohort(slides, { weights, out });
  await assertRejects(
    () => planCohort(slides, { weights, out, threshold: 0.4 }),
    Error,
    "a cohort never changes",
  );
  assertEquals(await Deno.readTextFile(`${out}/cohort.json`), text);
  const names = await Array.fromAsync(Deno.readDir(out), ({ name }) => name);
  assertEquals(names, ["cohort.json"]);
});

Deno.test("planCohort() lets one of two that plan at once win", async () => {
  const out = run.run.out();
  const plans = await Promise.allSettled(
    [0.3, 0.4].map((threshold) =>
      planCohort(slides, { weights, out, threshold })
    ),
  );
  const won = plans.filter(({ status }) => status === "fulfilled");
  assertEquals(won.length, 1);
});

Deno.test("planCohort() names slides that cannot be opened, or leaves them to fail", async () => {
  const bad = `${run.run.folder}/bad.tif`;
  await Deno.writeTextFile(bad, "no slide");
  const all = [...slides, bad];
  const out = run.run.out();
  await assertRejects(
    () => planCohort(all, { weights, out }),
    Error,
    "--keep-going",
  );
  const { cohort, parts } = await planCohort(all, {
    ...{ weights, out, keepGoing: true },
  });
  assertEquals(parts.length, 2);
  assert(cohort.slides[2].error!.includes("bad.tif"));
  await assertRejects(() =>
    planCohort([bad], { weights, out: run.run.out(), keepGoing: true })
  );
});

Deno.test("OpenCohort.read() refuses what is no cohort of this version", async () => {
  const out = run.run.out();
  await planCohort(slides, { weights, out });
  const path = `${out}/cohort.json`;
  const text = await Deno.readTextFile(path);
  const written = JSON.parse(text);
  const slide = { ...written.slides[0], cuts: [3, 3] };
  for (
    const [content, message] of [
      [JSON.stringify({ ...written, version: "9.9.9" }), "Tilewise 9.9.9"],
      [JSON.stringify({ ...written, schema: "tilewise-cohort/9" }), "planned"],
      [JSON.stringify({ ...written, slides: [slide] }), "damaged"],
      [JSON.stringify({ ...written, weights: [] }), "damaged"],
      [JSON.stringify({ ...written, model: { source: 5 } }), "damaged"],
      [text.slice(0, 300), "damaged"],
      ["null", "planned by something else"],
    ]
  ) {
    await Deno.writeTextFile(path, content);
    await assertRejects(() => OpenCohort.read(out), Error, message);
  }
  await Deno.remove(path);
  await assertRejects(() => OpenCohort.read(out), Error, "no cohort.json");
});

Deno.test("cohortStatus() lists 10,000 slides by their names alone", async () => {
  const out = run.run.out();
  await planCohort(slides, { weights, out });
  const path = `${out}/cohort.json`;
  const cohort = JSON.parse(await Deno.readTextFile(path));
  const [one] = cohort.slides;
  const many = Array.from({ length: 10_000 }, (_, i) => {
    return { ...one, source: `/slides/${i}.tif`, place: `${i}` };
  });
  await Deno.writeTextFile(path, JSON.stringify({ ...cohort, slides: many }));
  for (let id = 1; id <= 9000; id++) {
    const folder = `${out}/parts/${String(id / 1000 | 0).padStart(3, "0")}`;
    if (id === 1 || id % 1000 === 0) {
      Deno.mkdirSync(folder, { recursive: true });
    }
    const name = `${folder}/${String(id).padStart(6, "0")}`;
    Deno.writeTextFileSync(
      id > 8990 ? `${name}.failed.json` : `${name}.tiles`,
      id > 8990 ? `{"part":${id},"error":"torn"}` : "",
    );
  }
  const { parts, missing, failures } = await cohortStatus(out);
  assertEquals(parts, {
    ...{ all: 10_000, done: 8990, begun: 0, failed: 10, left: 1000 },
  });
  assertEquals([missing.length, failures.length], [1010, 10]);
});
