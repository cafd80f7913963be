// What is wrong with a cohort is said, and nothing is lost.
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { CohortRun } from "../../../tests/helpers/cohort_run.ts";
import {
  inferCohort,
  type InferCohortOptions,
  mergeCohort,
  type RunEvent,
} from "../mod.ts";

const run = await CohortRun.create();
Deno.test.afterAll(() => run[Symbol.asyncDispose]());
const all = { choose: { shard: [1, 1] } } as const;

/** What a call says of parts that fail. */
async function errorsOf(
  folder: string,
  options: InferCohortOptions = all,
): Promise<string[]> {
  const errors: string[] = [];
  await inferCohort(folder, {
    ...options,
    onEvent(event: RunEvent) {
      if (event.kind === "part" && event.error) errors.push(event.error);
    },
  });
  return errors;
}

Deno.test("inferCohort() refuses weights that have changed", async () => {
  const { folder } = await run.plan();
  const [path] = run.weights;
  const bytes = await Deno.readFile(path);
  try {
    await Deno.writeFile(path, bytes.map((byte, i) => i > 9000 ? 0 : byte));
    await assertRejects(
      () => inferCohort(folder, all),
      Error,
      'w.safetensors" has changed since it was planned',
    );
  } finally {
    await Deno.writeFile(path, bytes);
  }
});

Deno.test("inferCohort() refuses a slide that has changed, goes on with others, and the merge says why", async () => {
  const { folder } = await run.plan({ partsOf: undefined });
  const path = run.run.slide("a");
  const { atime, mtime } = await Deno.stat(path);
  try {
    await Deno.utime(path, atime!, new Date(0));
    const [error, ...more] = await errorsOf(folder);
    assertStringIncludes(error, 'a.tif": it has changed since');
    assertEquals(more, []);
    const { entries, missing } = await mergeCohort(folder);
    assertEquals(missing, []);
    assertEquals(entries.map(({ status }) => status), ["failed", "done"]);
    assertStringIncludes(entries[0].error!, "has changed");
  } finally {
    await Deno.utime(path, atime!, mtime!);
  }
  assertEquals(await errorsOf(folder), []);
  await mergeCohort(folder);
  await run.expectSingle(`${folder}/results`);
});

Deno.test("A part of another cohort is none, and a part twice does no harm", async () => {
  const [one, other] = [await run.plan(), await run.plan({ threshold: 0.4 })];
  await Promise.all(
    [one, one].map(({ folder }) => inferCohort(folder, all)),
  );
  const place = "parts/000/000001.tiles";
  await Deno.mkdir(`${other.folder}/parts/000`, { recursive: true });
  await Deno.copyFile(`${one.folder}/${place}`, `${other.folder}/${place}`);
  assert((await mergeCohort(other.folder)).missing.includes(1));
  await mergeCohort(one.folder);
  await run.expectSingle(`${one.folder}/results`);
});

Deno.test("Parts get their names where rename() succeeds and reports failure, or a name shows late", async () => {
  const { folder } = await run.plan({ partsOf: undefined });
  const { rename, readDir } = Deno;
  try {
    let lost = 0;
    Deno.rename = async (from, to) => {
      await rename(from, to);
      lost++;
      throw Object.assign(new Error("ESTALE"), { code: "ESTALE" });
    };
    assertEquals(await errorsOf(folder), []);
    assert(lost >= 2);
    Deno.rename = rename;
    // Folders look empty for a while.
    const start = performance.now();
    Deno.readDir = (path) =>
      String(path).includes("parts") && performance.now() - start < 500
        ? (async function* () {})()
        : readDir(path);
    const { missing } = await mergeCohort(folder, { wait: 5000 });
    assertEquals(missing, []);
  } finally {
    Object.assign(Deno, { rename, readDir });
  }
  await run.expectSingle(`${folder}/results`);
});

Deno.test("mergeCohort() reads a part again that was replaced elsewhere while it was read", async () => {
  const { folder } = await run.plan({ partsOf: undefined });
  await inferCohort(folder, all);
  const { open } = Deno;
  const opened = new Map<string, number>();
  try {
    Deno.open = async (path, options) => {
      const file = await open(path, options);
      const times = (opened.get(String(path)) ?? 0) + 1;
      opened.set(String(path), times);
      // At the first look, and at the picture of the second try.
      if (String(path).endsWith(".tiles") && (times === 1 || times === 4)) {
        file.read = () =>
          Promise.reject(
            Object.assign(new Error("Stale file handle"), { code: "ESTALE" }),
          );
      }
      return file;
    };
    const { missing, entries } = await mergeCohort(folder);
    assertEquals(missing, []);
    assertEquals(entries.map(({ status }) => status), ["done", "done"]);
  } finally {
    Deno.open = open;
  }
  assert([...opened.values()].some((times) => times > 4));
  await run.expectSingle(`${folder}/results`);
});

Deno.test("inferCohort() says that the folder has vanished meanwhile", async () => {
  const { folder } = await run.plan();
  let parts = 0;
  await assertRejects(
    () =>
      inferCohort(folder, {
        ...all,
        async onEvent(event: RunEvent) {
          if (event.kind !== "part" || ++parts > 1) return;
          await Deno.remove(folder, { recursive: true });
        },
      }),
    Error,
    "it has vanished",
  );
  assertEquals(parts, 1);
  await assertRejects(() => Deno.stat(folder), Deno.errors.NotFound);
});

Deno.test("A full disk fails parts so that another try may do, and keeps those that are done", async () => {
  const { folder } = await run.plan();
  const { open } = Deno;
  let parts = 0;
  try {
    Deno.open = async (path, options) => {
      const file = await open(path, options);
      const isPart = /\d\.tiles\..*\.part$/.test(String(path)) &&
        options?.write;
      if (isPart && ++parts > 2) {
        file.write = () =>
          Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" }));
      }
      return file;
    };
    const { done, passing, failed } = await inferCohort(folder, all);
    assertEquals([done, passing, failed], [2, 4, 0]);
  } finally {
    Deno.open = open;
  }
  const { done, complete } = await inferCohort(folder, all);
  assertEquals([done, complete], [4, 2]);
});

Deno.test("mergeCohort() refuses to run beside another, and a folder that vanished", async () => {
  const { folder } = await run.plan({ partsOf: undefined });
  await inferCohort(folder, all);
  const merges = await Promise.allSettled(
    [1, 2].map(() => mergeCohort(folder)),
  );
  const refused = merges.flatMap((one) =>
    one.status === "rejected" ? [String(one.reason)] : []
  );
  assertEquals(refused.length, 1);
  assertStringIncludes(refused[0], "is writing them");
  await run.expectSingle(`${folder}/results`);
  await Deno.remove(folder, { recursive: true });
  await assertRejects(() => mergeCohort(folder), Error, "no cohort.json");
  await assertRejects(() => inferCohort(folder, all), Error, "no cohort.json");
});
