import { assert, assertEquals } from "@std/assert";
import { withFolder } from "../../../tests/helpers/masks.ts";
import { Claim } from "./claim.ts";
import { claimParts, type ClaimPartsOptions } from "./claim_parts.ts";
import type { OpenCohort } from "./cohort.ts";

const BEAT = 30;

/** Options for a cohort of so many parts, of which nothing else is needed. */
function options(folder: string, count: number): ClaimPartsOptions {
  const parts = Array.from({ length: count }, (_, i) => ({ id: i + 1 }));
  return {
    cohort: { parts } as unknown as OpenCohort,
    context: { host: "here" },
    state: `${folder}/state`,
    parts: `${folder}/parts`,
    signal: new AbortController().signal,
    patience: 6 * BEAT,
  };
}

async function finish(folder: string, id: number): Promise<void> {
  await Deno.mkdir(`${folder}/parts/000`, { recursive: true });
  const name = String(id).padStart(6, "0");
  await Deno.writeTextFile(`${folder}/parts/000/${name}.tiles`, "");
}

async function work(folder: string, count: number): Promise<number[]> {
  const done: number[] = [];
  for await (const { id } of claimParts(options(folder, count))) {
    await new Promise((resume) => setTimeout(resume, 1 + id % 4));
    await finish(folder, id);
    done.push(id);
  }
  return done;
}

Deno.test("claimParts() gives each part to one of several, and all parts to them", async () => {
  await withFolder(async (folder) => {
    const all = await Promise.all([1, 2, 3].map(() => work(folder, 20)));
    const ids = all.flat().sort((a, b) => a - b);
    assertEquals(ids, Array.from({ length: 20 }, (_, i) => i + 1));
    const left = await Array.fromAsync(Deno.readDir(`${folder}/state/000`));
    assertEquals(left, []);
  });
});

Deno.test("Claim.try() lets one of many win", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/000001.1.claim`;
    const tries = Array.from(
      { length: 20 },
      () => Claim.try(path, { interval: 1e6 }),
    );
    const won = (await Promise.all(tries)).filter((claim) => claim);
    assertEquals(won.length, 1);
    await won[0]![Symbol.asyncDispose]();
    assertEquals(await Array.fromAsync(Deno.readDir(folder)), []);
  });
});

Deno.test("Claim.try() wins where the answer of link() is lost, as on a network file system", async () => {
  await withFolder(async (folder) => {
    const { link } = Deno;
    try {
      Deno.link = async (from, to) => {
        await link(from, to);
        throw new Error("the answer is lost");
      };
      const path = `${folder}/000001.1.claim`;
      const claim = await Claim.try(path, { interval: 1e6 });
      assert(claim);
      await claim[Symbol.asyncDispose]();
    } finally {
      Deno.link = link;
    }
  });
});

Deno.test("claimParts() takes over a claim that stands still, and none that beats, whatever the clocks say", async () => {
  await withFolder(async (folder) => {
    const state = `${folder}/state/000`;
    await Deno.mkdir(state, { recursive: true });
    // One of a machine that is dead, whose clock was an hour ahead.
    await Deno.writeTextFile(`${state}/000001.1.claim`, '{"beat":7}');
    const ahead = new Date(Date.now() + 3_600_000);
    await Deno.utime(`${state}/000001.1.claim`, ahead, ahead);
    const living = await Claim.try(`${state}/000002.1.claim`, {
      interval: BEAT,
    });
    const chosen = claimParts(options(folder, 2));
    const start = performance.now();
    const { value } = await chosen.next();
    assertEquals(value?.id, 1);
    assert(performance.now() - start >= 6 * BEAT);
    await finish(folder, 1);
    const next = chosen.next();
    let isOver = false;
    next.then(() => isOver = true);
    await new Promise((resume) => setTimeout(resume, 12 * BEAT));
    assertEquals(isOver, false, "a claim that beats is left alone");
    await finish(folder, 2);
    await living![Symbol.asyncDispose]();
    assertEquals((await next).done, true);
  });
});

Deno.test("claimParts() skips parts that failed, unless they are to be tried again", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/parts/000`, { recursive: true });
    await Deno.writeTextFile(`${folder}/parts/000/000002.failed.json`, "{}");
    const ids = async (retryFailed: boolean) => {
      const taken: number[] = [];
      const given = { ...options(folder, 3), retryFailed };
      for await (const { id } of claimParts(given)) taken.push(id);
      return taken.sort();
    };
    assertEquals(await ids(false), [1, 3]);
    assertEquals(await ids(true), [1, 2, 3]);
  });
});
