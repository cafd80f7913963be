import { assert, assertEquals, assertMatch } from "@std/assert";
import { eachFileFault } from "../../tests/helpers/each_file_fault.ts";
import type {
  FaultyFiles,
  FileFault,
} from "../../tests/helpers/faulty_files.ts";
import { tinyUnext } from "../../tests/helpers/tiny_unext.ts";
import { syntheticStateDict } from "../../tests/helpers/synthetic_state_dict.ts";
import { writeSafetensors } from "../weights/write_safetensors.ts";
import { describeFiles, finishBatch, refuseForeign } from "./batch_results.ts";
import { globFiles } from "./glob_files.ts";
import { readMetadata } from "./read_metadata.ts";
import { Lease, type LeaseRecord } from "./lease.ts";
import { refuseExisting } from "./output_folder.ts";
import { RunContext } from "./run_context.ts";
import { TileJournal } from "./tile_journal.ts";

/** Lets every use of a file fail in turn; what fails says so in a sentence. */
async function withEach<T>(
  fault: FileFault,
  { prepare, work, check, refuses = false }: {
    /** Whether the work fails in any case. */
    readonly refuses?: boolean;
    readonly prepare: (folder: string) => Promise<void>;
    readonly work: (folder: string) => Promise<T>;
    readonly check: (
      folder: string,
      outcome: { readonly value?: T; readonly error?: Error },
      files: FaultyFiles,
    ) => void | Promise<void>;
  },
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "tilewise-faults-" });
  try {
    let runs = 0;
    const faults = await eachFileFault(root, fault, async (files) => {
      const folder = `${root}/${runs++}`;
      await prepare(folder);
      const outcome = await work(folder).then(
        (value) => ({ value }),
        (error: Error) => ({ error }),
      );
      files[Symbol.dispose]();
      if ("error" in outcome) {
        assertMatch(outcome.error.message, /^Cannot .+: .+/);
        assert(files.failed || refuses, outcome.error.message);
      }
      await check(folder, outcome, files);
    });
    assert(faults > 0);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Makes a folder of files, out of reach of faults. */
async function fill(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  const before = await Deno.makeTempDir();
  for (const [name, data] of Object.entries(files)) {
    const bytes = typeof data === "string"
      ? new TextEncoder().encode(data)
      : data;
    await Deno.writeFile(`${before}/${name}`, bytes);
  }
  await Deno.rename(before, folder);
}

const names = (folder: string) =>
  Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();

Deno.test("Lease.take() leaves no lock file that it has made, whichever call fails", async () => {
  for (const fault of ["EIO", "EACCES", "ENOSPC"] as const) {
    await withEach(fault, {
      prepare: (folder) => fill(folder, {}),
      async work(folder) {
        const action = 'write results of "a"';
        await using _ = await Lease.take(`${folder}/.a.lock`, {
          action,
          run: "one",
        });
      },
      check(folder, { error }, { failed }) {
        if (error) assertMatch(error.message, /^Cannot write results of "a": /);
        const left = failed === "remove .a.lock" ? [".a.lock"] : [];
        assertEquals(names(folder), left);
      },
    });
  }
});

const killed: LeaseRecord = {
  ...{ run: "two", pid: 7, token: "0123abcd", since: "2026-01-02", beat: 3 },
};

Deno.test("Lease.take() knows the owner that was killed until it has cleaned up, whichever call fails", async () => {
  for (const fault of ["EIO", "short"] as const) {
    await withEach(fault, {
      prepare: (folder) => fill(folder, { ".a.lock": JSON.stringify(killed) }),
      async work(folder) {
        let token;
        await using lease = await Lease.take(`${folder}/.a.lock`, {
          action: "write",
          run: "one",
          onKilled(previous) {
            token = previous.token;
            return Promise.resolve();
          },
        });
        return [token, lease.previous?.run];
      },
      async check(folder, { value, error }, { failed }) {
        if (value) assertEquals(value, [killed.token, "two"]);
        if (fault === "short") assertEquals(error, undefined);
        if (!error || failed?.startsWith("write")) return;
        const text = await Deno.readTextFile(`${folder}/.a.lock`);
        assertEquals(JSON.parse(text).token, killed.token);
      },
    });
  }
});

Deno.test("TileJournal gives back whole tiles, or none, whichever call fails", async () => {
  const tile = {
    ...{ index: 0, column: 0, row: 0, x: 0, y: 0 },
    ...{ size: 16, expansion: 0, downsample: 1 },
  };
  const mask = new Uint8Array(256).map((_, i) => i % 3 === 0 ? 1 : 0);
  const options = { key: "a", probability: "none", resume: true } as const;
  for (const fault of ["EIO", "ENOSPC", "short"] as const) {
    await withEach(fault, {
      prepare: (folder) => fill(folder, {}),
      async work(folder) {
        let reason: unknown;
        const onFailure = (cause: unknown) => void (reason = cause);
        try {
          await using journal = await TileJournal.open(`${folder}/j`, {
            ...options,
            onFailure,
          });
          await journal.add({ tile, mask });
        } catch (error) {
          throw new Error(`Cannot open: ${error}`);
        }
        return reason;
      },
      async check(folder, _, { failed }) {
        await using journal = await TileJournal.open(`${folder}/j`, options);
        if (journal.has(tile)) {
          assertEquals((await journal.read(tile)).mask, mask);
        } else assert(failed && fault !== "short", failed);
      },
    });
  }
});

Deno.test("globFiles() leaves no file out, whichever call fails", async () => {
  await withEach("EIO", {
    prepare: (folder) => fill(folder, { "a.tif": "", "b.tif": "" }),
    work: (folder) =>
      globFiles(`${folder}/*`).catch((error) => {
        throw new Error(`Cannot list: ${error}`);
      }),
    check(folder, { value }) {
      const paths = value?.map(({ path }) => path);
      if (paths) assertEquals(paths, [`${folder}/a.tif`, `${folder}/b.tif`]);
    },
  });
});

Deno.test("readMetadata() finds the metadata of weights, or throws, whichever call fails", async () => {
  const weights = writeSafetensors(syntheticStateDict(tinyUnext), { a: "b" });
  for (const fault of ["EIO", "EACCES", "short"] as const) {
    await withEach(fault, {
      prepare: (folder) => fill(folder, { w: weights }),
      work: (folder) => readMetadata(`${folder}/w`),
      check(_, { value, error }) {
        if (value) assertEquals(value, { a: "b" });
        if (error) assertMatch(error.message, /^Cannot read weights ".+w": /);
      },
    });
  }
});

Deno.test("refuseForeign() and refuseExisting() refuse, whichever call fails", async () => {
  await withEach("EIO", {
    prepare: (folder) => fill(folder, { "index.html": "mine" }),
    work: (out) => refuseForeign({ out, formats: new Set(["html"]) }),
    check: (_, { error }) => assert(error),
    refuses: true,
  });
  await withEach("EIO", {
    prepare: (folder) => fill(folder, { "a.json": "mine" }),
    work: (folder) => refuseExisting([`${folder}/a.json`], "stop"),
    check: (_, { error }) => assert(error),
    refuses: true,
  });
});

Deno.test("describeFiles() and finishBatch() say what they cannot read, whichever call fails", async () => {
  const table = "area\n5\n";
  const summary = (name: string) =>
    JSON.stringify({
      slide: { name },
      ...{ objects: { count: 0 }, tiles: { seen: 1 }, positiveFraction: 0 },
    });
  const files = {
    ...{ "a.objects.csv": table, "b.objects.csv": table },
    ...{ "a.json": summary("a"), "b.json": summary("b") },
  };
  const context = await RunContext.begin([]);
  const paths = Object.keys(files);
  await withEach("EIO", {
    prepare: (folder) => fill(folder, files),
    work: (folder) => describeFiles(paths.map((name) => `${folder}/${name}`)),
    check(_, { value }) {
      if (value) assertEquals(value.map(({ bytes }) => bytes), [7, 7]);
    },
  });
  await withEach("EIO", {
    prepare: (folder) => fill(folder, files),
    work: (out) =>
      finishBatch(
        ["a", "b"].map((place) => ({ source: place, place, status: "done" })),
        { out, formats: new Set(["objects"]), context },
      ),
    async check(folder, { error }) {
      if (error) return;
      const text = await Deno.readTextFile(`${folder}/objects.csv`);
      assertEquals(text.trim().split(/\r?\n/), ["slide,area", "a,5", "b,5"]);
    },
  });
});
