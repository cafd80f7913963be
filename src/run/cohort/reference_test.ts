import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CohortRun } from "../../../tests/helpers/cohort_run.ts";
import { inferCohort, mergeCohort, type RunEvent } from "../mod.ts";
import { OpenCohort, partPath } from "./cohort.ts";
import { readPart, tilesOfPart, writePart } from "./part_file.ts";

const run = await CohortRun.create();
Deno.test.afterAll(() => run[Symbol.asyncDispose]());

/** Rewrites the mask of a part or a reference as if another adapter had computed it; of its picture nothing is left. */
async function rewrite(
  path: string,
  change: (mask: Uint8Array) => Uint8Array = (mask) => mask,
): Promise<void> {
  const cohort = (await OpenCohort.read(path.split(/\/(?:parts|state)\//)[0]))
    .digest;
  const part = (await readPart(path, { cohort }))!;
  const tiles = (await Array.fromAsync(tilesOfPart(part)))
    .map((tile) => ({ ...tile, mask: change(tile.mask) }));
  const { cohort: digest, part: id, probability, grid, facts } = part;
  await writePart(path, {
    head: { cohort: digest, part: id, probability, grid, facts },
    tiles: (async function* () {
      yield* tiles;
    })(),
    end: () => ({ ...part, identity: "another adapter" }),
  });
}

const part = (id: number) => ({ choose: { parts: [id] } });

Deno.test("A process whose adapter is another computes a tile of the first, and the merge says how far they agree", async () => {
  const { folder } = await run.plan();
  const first = partPath(`${folder}/parts`, 1, "tiles");
  const reference = `${folder}/state/reference.tiles`;
  await inferCohort(folder, part(1));
  const bytes = await Deno.readFile(reference);
  await inferCohort(folder, part(2));
  assertEquals(await Deno.readFile(reference), bytes, "the first one's stays");
  await rewrite(reference);
  await rewrite(first);
  await inferCohort(folder, { choose: { shard: [1, 1] } });
  const cohort = (await OpenCohort.read(folder)).digest;
  const agreements = await Promise.all([2, 3, 4].map(async (id) => {
    const path = partPath(`${folder}/parts`, id, "tiles");
    return (await readPart(path, { cohort }))!.agreement;
  }));
  const { tile } = agreements[1]!;
  const one = { identity: "another adapter", part: 1, tile };
  const agreed = { ...one, dice: 1, different: 0 };
  assertEquals(agreements, [undefined, agreed, agreed]);
  const warnings: string[] = [];
  const { adapters } = await mergeCohort(folder, {
    onEvent(event: RunEvent) {
      if (event.kind === "warning") warnings.push(event.text);
    },
  });
  assertEquals(adapters.get("another adapter"), [1]);
  assertStringIncludes(
    warnings.join(),
    "parts 2-6, Dice 1.00000 for a tile that another adapter has computed, too",
  );
});

Deno.test("A process that computes other masks than the first ends, and leaves its parts to others", async () => {
  const { folder } = await run.plan();
  await inferCohort(folder, part(1));
  const reference = `${folder}/state/reference.tiles`;
  await rewrite(
    reference,
    (mask) => mask.map((value, i) => i < 9 ? 1 - value : value),
  );
  await assertRejects(
    () => inferCohort(folder, part(2)),
    Error,
    "differ in 9 pixels",
  );
  const names = await Array.fromAsync(
    Deno.readDir(`${folder}/parts/000`),
    ({ name }) => name,
  );
  assertEquals(names, ["000001.tiles"]);
});
