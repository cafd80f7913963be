import { buildGraph } from "../src/graph/graph.ts";
import { relu } from "../src/graph/ops/activation.ts";
import {
  CompiledGraph,
  inferBatch,
  type RunEvent,
  streamObjects,
} from "../src/run/mod.ts";
import { writeSafetensors } from "../src/weights/write_safetensors.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";
import { gpu } from "./helpers/shared_gpu.ts";
import { syntheticStateDict } from "./helpers/synthetic_state_dict.ts";
import { tinyUnext } from "./helpers/tiny_unext.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";

const folder = await Deno.makeTempDir({ prefix: "tilewise-run-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));
const weights = `${folder}/tiny.safetensors`;
await Deno.writeFile(
  weights,
  writeSafetensors(syntheticStateDict(tinyUnext, { bias: 1 })),
);
await Deno.mkdir(`${folder}/slides`);
await Deno.writeFile(
  `${folder}/slides/a.tif`,
  await makeTiff([{ width: 70, height: 60, pixels: noise(70, 60) }]),
);
await Deno.writeTextFile(`${folder}/slides/torn.tif`, "torn");
const settings = {
  ...{ weights: [weights], out: `${folder}/out`, resume: true },
  ...{ tile: 64, expansion: 32, downsample: 1 },
};

Deno.test("inferBatch() writes results, tells events and prints nothing; a second one leaves out what is complete", async () => {
  const events: RunEvent[] = [];
  const run = async () => {
    const entries = await inferBatch([`${folder}/slides`], {
      ...settings,
      onEvent: (event) => void events.push(event),
    });
    assertEquals(entries.map(({ place }) => place), ["a", "torn"]);
    assert(entries[1].error?.includes("torn.tif"));
    return entries.map(({ status }) => status).join() === "done,failed" ? 0 : 1;
  };
  const first = await captureConsole(run);
  assertEquals(first, { code: 0, out: "", error: "", device: "" });
  const kinds = events.map(({ kind }) => kind);
  assertEquals(kinds.filter((kind) => kind === "tile").length, 2);
  assertEquals(kinds.filter((kind) => kind === "entry").length, 2);
  assert(kinds.indexOf("device") < kinds.indexOf("tiles"));
  assert(await Deno.stat(`${folder}/out/a.geojson`));
  events.length = 0;
  assertEquals((await captureConsole(run)).code, 1); // as "a" is complete
  assertEquals(
    events.flatMap((event) => event.kind === "entry" ? event.entry.status : []),
    ["complete", "failed"],
  );
  assert(!events.some(({ kind }) => kind === "device"), "no model is loaded");
});

Deno.test("inferBatch() refuses to replace results unasked", async () => {
  await assertRejects(
    () => inferBatch([`${folder}/slides`], { ...settings, resume: false }),
    Error,
    "already exist; use --overwrite to replace them",
  );
});

Deno.test("streamObjects() gives each object when the rows have passed it", async () => {
  let pulled = 0;
  async function* bands() {
    for (const mask of [[1, 0], [0, 0], [0, 1]]) {
      const y = pulled++;
      yield { y, width: 2, height: 1, mask: new Uint8Array(mask) };
    }
  }
  const seen: number[][] = [];
  for await (
    const { area } of streamObjects(bands(), { width: 2, height: 3 })
  ) {
    seen.push([area, pulled]);
  }
  assertEquals(seen, [[1, 2], [1, 3]]);
});

Deno.test("CompiledGraph runs a graph by the names of its inputs and outputs", async () => {
  const graph = buildGraph(
    { image: [1, 2, 1, 3] },
    ({ image }) => ({ positive: relu(image) }),
  );
  using compiled = await CompiledGraph.create(gpu, graph);
  const image = new Float32Array([-1, 2, 0, 3, -4, 5]);
  const { positive } = await compiled.run({ image });
  assertEquals([...positive], [0, 2, 0, 3, 0, 5]);
  await assertRejects(
    () => compiled.run({ image: image.subarray(1) }),
    RangeError,
    'Cannot run graph: input "image" needs 6 values (1×2×1×3), received 5',
  );
});

Deno.test("inferBatch() fails a slide whose file changes while it is read, leaves no results of it, and goes on", async () => {
  const path = `${folder}/changing`;
  await Deno.mkdir(path);
  for (const name of ["a", "b"]) {
    await Deno.copyFile(`${folder}/slides/a.tif`, `${path}/${name}.tif`);
  }
  const out = `${folder}/changed`;
  let changed = false;
  const entries = await inferBatch([path], {
    ...{ ...settings, out },
    async onEvent(event) {
      if (event.kind !== "tile" || changed) return;
      changed = true;
      await Deno.writeFile(`${path}/a.tif`, Uint8Array.of(0), { append: true });
    },
  });
  assertEquals(entries.map(({ status }) => status), ["failed", "done"]);
  assertMatch(
    entries[0].error!,
    /^Cannot use slide "a": its file has changed since it was opened/,
  );
  const names = [...Deno.readDirSync(out)].map(({ name }) => name);
  const ofA = names.filter((name) => /^\.?a\./.test(name));
  assertEquals(ofA, [".a.journal"]); // its key is the file as it was
});

Deno.test("inferBatch() continues within a slide after it was stopped, and computes no finished tile again", async () => {
  const path = `${folder}/large.tif`;
  const pixels = noise(400, 300);
  await Deno.writeFile(
    path,
    await makeTiff([{ width: 400, height: 300, pixels }]),
  );
  const run = async (out: string, stopAt = Infinity) => {
    const events: RunEvent[] = [];
    const controller = new AbortController();
    const stop = new Error("enough");
    let tiles = 0;
    await inferBatch([path], {
      ...{ ...settings, out: `${folder}/${out}`, signal: controller.signal },
      onEvent(event) {
        events.push(event);
        if (event.kind === "tile" && ++tiles === stopAt) controller.abort(stop);
      },
    }).catch((error) => assertEquals(error, stop));
    return events.flatMap((event) => event.kind === "note" ? event.text : []);
  };
  await run("whole");
  const [kept] = await run("stopped", 12);
  const count = Number(kept.match(/^(\d+) finished tiles are kept/)?.[1]);
  assert(count >= 11, kept);
  const notes = await run("stopped");
  assertEquals(notes, [
    `continuing after ${count} finished tiles of an interrupted run`,
  ]);
  for (const name of ["large.rle.csv", "large.geojson"]) {
    const [whole, stopped] = await Promise.all(
      ["whole", "stopped"].map((out) =>
        Deno.readTextFile(`${folder}/${out}/${name}`)
      ),
    );
    const same = (text: string) => text.replace(/\d{8}T\d{6}Z-\w{8}/g, "RUN");
    assertEquals(same(stopped), same(whole));
  }
  assertEquals(
    [...Deno.readDirSync(`${folder}/stopped`)]
      .map(({ name }) => name).filter((name) => name.startsWith(".")),
    [],
  );
});
