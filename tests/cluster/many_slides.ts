/**
 * Plans, lists and merges a cohort of many made-up slides, and prints seconds and peak memory of each, beside what it takes to
 * write as many files: `many_slides.ts DIR [COUNT]`, with all permissions. Linux only.
 *
 * @module
 */
import { Overview } from "../../src/masks/pictures/overview.ts";
import { inferCohort } from "../../src/run/mod.ts";
import { OpenCohort, partPath } from "../../src/run/cohort/cohort.ts";
import {
  addPicture,
  readPart,
  tilesOfPart,
  writePart,
} from "../../src/run/cohort/part_file.ts";
import { ShortRun } from "../helpers/short_run.ts";

const [dir, given = "10000"] = Deno.args;
const count = Number(given);
const folder = `${dir}/cohort`;
await Deno.mkdir(`${dir}/slides`, { recursive: true });
await using run = await ShortRun.create();
const weights = `${dir}/w.safetensors`;
await Deno.copyFile(`${run.folder}/w.safetensors`, weights);
const first = `${dir}/slides/s1.tif`;
await Deno.copyFile(run.slide("b"), first);
for (let i = 2; i <= count; i++) {
  await Deno.link(first, `${dir}/slides/s${i}.tif`).catch(() =>
    Deno.copyFile(first, `${dir}/slides/s${i}.tif`)
  );
}
await measure("plan", [`${dir}/slides`, "--weights", weights, "--out", folder]);
await writeParts();
await measure("status", [folder]);
await measure("merge", [folder, "--quiet"]);
await measureFloor(`${folder}/results`);

/** Computes the first part, and copies it for all other slides. */
async function writeParts(): Promise<void> {
  const [parts, state] = [`${folder}/parts`, `${folder}/state`];
  await inferCohort(folder, { choose: { parts: [1] }, parts, state });
  const { digest, cohort: { slides } } = await OpenCohort.read(folder);
  const about = { cohort: digest, part: 1 };
  const whole = (await readPart(partPath(parts, 1, "tiles"), about))!;
  const { cohort, part: _, probability, grid, facts, ...rest } = whole;
  const { file: _file, places: _places, ...trailer } = rest;
  const overview = new Overview(facts.slide);
  await addPicture(whole, overview);
  const tiles = await Array.fromAsync(tilesOfPart(whole));
  const ids = Array.from({ length: count - 1 }, (_, i) => i + 2);
  await inParallel(ids, 32, async (id) => {
    const path = partPath(parts, id, "tiles");
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    const name = slides[id - 1].place;
    const { slide, settings } = facts;
    await writePart(path, {
      head: {
        ...{ cohort, part: id, probability, grid },
        facts: {
          ...facts,
          slide: { ...slide, name },
          settings: {
            ...settings,
            fingerprint: `${settings.fingerprint}${id}`,
          },
        },
      },
      tiles: (async function* () {
        yield* tiles;
      })(),
      overview,
      end: () => ({ ...trailer, path: slides[id - 1].source }),
    });
  });
}

/** Runs a command, and prints its seconds, processor time and peak memory. */
async function measure(name: string, args: string[]): Promise<void> {
  const main = new URL("../../src/cli/main.ts", import.meta.url).pathname;
  const report = `${dir}/time`;
  const { code } = await new Deno.Command("/usr/bin/time", {
    args: [
      ...["-o", report, "-f", "%e %U %S %M"],
      ...["deno", "run", "--no-check", "--no-prompt", "--quiet"],
      ...["--allow-read", "--allow-write", "--allow-sys=hostname"],
      ...[main, name, ...args],
    ],
    ...{ stdout: "null", stderr: "inherit" },
  }).output();
  const [seconds, user, system, kilobytes] = (await Deno.readTextFile(report))
    .trim().split("\n").at(-1)!.split(" ");
  console.log(
    `${name}: rc ${code}, ${seconds} s, processor ${user} + ${system} s, ${
      Math.round(Number(kilobytes) / 1024)
    } MB`,
  );
}

/** Writes, syncs and renames as many files of the same sizes, some at a time. */
async function measureFloor(results: string): Promise<void> {
  const sizes: number[] = [];
  for await (const { name } of Deno.readDir(results)) {
    sizes.push((await Deno.stat(`${results}/${name}`)).size);
  }
  for (const atATime of [1, 4, 32]) {
    const folder = `${dir}/floor`;
    await Deno.mkdir(folder);
    // A tenth, as one at a time takes long.
    const some = [...sizes.filter((_, i) => i % 10 === 0).entries()];
    const start = performance.now();
    await inParallel(some, atATime, async ([i, size]) => {
      {
        using file = await Deno.open(`${folder}/.${i}`, {
          ...{ write: true, createNew: true },
        });
        await file.write(new Uint8Array(size));
        await file.sync();
      }
      await Deno.rename(`${folder}/.${i}`, `${folder}/${i}`);
    });
    const seconds = (performance.now() - start) / 1000;
    console.log(
      `floor: ${some.length} files, ${atATime} at a time: ${
        seconds.toFixed(1)
      } s, ${(seconds * 1000 / some.length).toFixed(2)} ms a file`,
    );
    await Deno.remove(folder, { recursive: true });
  }
}

async function inParallel<T>(
  items: readonly T[],
  count: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  await Promise.all(Array.from({ length: count }, async () => {
    for (const item of queue) await work(item);
  }));
}
