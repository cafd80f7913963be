import { assert, assertEquals } from "@std/assert";
import { collide } from "./collide.ts";
import { jobOf, writeInputs } from "./jobs.ts";
import { killClaims, killCohort } from "./kill_cohort.ts";
import { killRuns } from "./kill_runs.ts";
import { normalize } from "./normalize.ts";
import { readJournal } from "./read_journal.ts";
import { seeded } from "./seeded.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-kills-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));
await writeInputs(folder);

Deno.test("infer --resume goes on from kills at any moment, and ends in the same files", async () => {
  const work = { folder, count: 3, random: seeded(3) };
  const { kills, again } = await killRuns(jobOf("slide"), work);
  assertEquals(Object.values(kills).reduce((sum, n) => sum + n), 3);
  assertEquals(again, 0);
});

Deno.test("train --resume goes on from a kill at any moment, and ends in the same files", async () => {
  const work = { folder, count: 1, random: seeded(2) };
  const { kills } = await killRuns(jobOf("train"), work);
  assertEquals(Object.values(kills), [1]);
});

Deno.test("infer refuses what another run is writing, and the results are of one run", async () => {
  const work = { folder, count: 2, random: seeded(1) };
  const { refused, complete } = await collide(jobOf("batch"), work);
  // Of each slide, one run got there first, or had it done.
  assert(refused + complete > 0);
});

Deno.test("Shards of a cohort go on from kills at any moment, and merge to the bytes of one run", async () => {
  const work = { folder, count: 3, random: seeded(4) };
  const { kills, twice } = await killCohort(work);
  assertEquals(Object.values(kills).reduce((sum, n) => sum + n), 3);
  assertEquals(twice, 0);
});

Deno.test("Of three processes that claim parts, one goes on where others are killed and stopped", async () => {
  const { twice } = await killClaims({ folder, random: seeded(6) });
  // That of the process that was woken.
  assert(twice <= 1);
});

Deno.test("normalize() keeps all but runs and times", () => {
  const text = (value: string) => new TextEncoder().encode(value);
  const read = (name: string, value: string) =>
    new TextDecoder().decode(normalize(name, text(value)));
  assertEquals(
    read("a.objects.csv", "1,20260131T101500Z-1a2b3c4d,5 s"),
    "1,ID,5 s",
  );
  assertEquals(
    read("a.html", "<b>7 objects in 5.2 s, 2026-01-31 10:15 UTC</b>"),
    "<b>7 objects in DURATION, TIME UTC</b>",
  );
  assertEquals(
    read("a.json", '{"run":1,"positiveFraction":0.5,"tiles":{"seen":1}}'),
    '{"tiles":{"seen":1},"positiveFraction":0.5}',
  );
});

Deno.test("readJournal() stops at what is torn", () => {
  assertEquals(readJournal(new Uint8Array(36)), []);
  assertEquals(readJournal(new Uint8Array(60)), []);
});
