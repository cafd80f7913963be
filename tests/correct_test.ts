// Corrections through the command line: saved as they are made, shown afterwards, safe from other processes and from kills.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { polygonFeature } from "../src/masks/polygons/polygon_feature.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";

const root = new URL("../", import.meta.url);
const folder = await Deno.makeTempDir({ prefix: "tilewise-correct-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const [width, height] = [64, 48];
const slide = `${folder}/kidney.tif`;
await Deno.writeFile(
  slide,
  await makeTiff([{ width, height, pixels: noise(width, height) }]),
);
const features = Array.from(
  { length: 400 },
  (_, index) =>
    polygonFeature({
      rings: [Int32Array.of(index % 50, 0, index % 50 + 8, 0, index % 50, 8)],
      ...{ area: 32, perimeter: 27 },
    }, { index }),
);

/** A folder of results. */
async function makeResults(): Promise<string> {
  const out = await Deno.makeTempDir({ dir: folder });
  await Deno.writeTextFile(
    `${out}/kidney.geojson`,
    JSON.stringify({ type: "FeatureCollection", features }),
  );
  const summary = {
    slide: { name: "kidney", width, height },
    ...{ objects: { count: 400 }, tiles: { seen: 1 }, positiveFraction: 0.1 },
    settings: { threshold: 0.25 },
    model: [{
      weights: "models/fold0.safetensors",
      sha256: "0123456789abcdef",
    }],
  };
  await Deno.writeTextFile(`${out}/kidney.json`, JSON.stringify(summary));
  return out;
}

function start(args: readonly string[], flags = ["--allow-write"]) {
  return new Deno.Command("deno", {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-read", ...flags],
      ...["--allow-net=127.0.0.1", "src/cli/main.ts", "view", slide],
      ...["--port", "0", ...args],
    ],
    cwd: root,
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
}

/** Starts it, and waits for the page. */
async function serve(args: readonly string[], flags?: string[]) {
  const child = start(args, flags);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  const [, url] = /(http:\S+)/.exec(value ?? "")!;
  const base = `${url}slides/0/`;
  const fetchJson = async (path: string) =>
    await (await fetch(base + path)).json();
  const session = async () => await fetchJson("corrections");
  return {
    fetchJson,
    session,
    post: (
      { token, version }: { token: string; version: number },
      changes: unknown[],
    ) =>
      fetch(`${base}corrections`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-tilewise-token": token,
          "origin": url.slice(0, -1),
        },
        body: JSON.stringify({ base: version, changes }),
      }),
    /** Ends it; resolves to what it wrote on stderr. */
    async end(signal: Deno.Signal = "SIGINT"): Promise<string> {
      child.kill(signal);
      await child.status;
      await reader.cancel();
      return (await new Response(child.stderr).text()).trim();
    },
  };
}

Deno.test("view --edit saves each change beside the results, which view shows from then on and nobody else changes meanwhile", async () => {
  const out = await makeResults();
  const path = `${out}/kidney.corrected.geojson`;
  const server = await serve(["--results", out, "--edit", "--by", "Ann"]);
  assertEquals((await server.fetchJson("view.json")).editable, true);
  const [{ id }, { id: other }] = features;
  const session = await server.session();
  const answer = await server.post(session, [
    { id, state: "rejected" },
    { id: other, state: "accepted" },
  ]);
  assertEquals(answer.status, 200);
  const text = await Deno.readTextFile(path);
  assertEquals(
    Object.entries(JSON.parse(text).features[1].properties.metadata)
      .filter(([key]) => key !== "tilewise.at"),
    [
      ["tilewise.state", "accepted"],
      ["tilewise.by", "Ann"],
      ["tilewise.model", "fold0.safetensors 0123456789ab"],
      ["tilewise.threshold", "0.25"],
    ],
  );
  const second = await start(["--results", out, "--edit"]).output();
  assertEquals(second.code, 1);
  assertMatch(
    new TextDecoder().decode(second.stderr),
    /^tilewise: Cannot correct "kidney": .*process/,
  );
  assertEquals(await server.end(), "");
  assertEquals(
    [...Deno.readDirSync(out)].map(({ name }) => name).toSorted(),
    ["kidney.corrected.geojson", "kidney.geojson", "kidney.json"],
  );
  const shown = await serve(["--results", out], []);
  const { objects } = await shown.fetchJson("objects.json");
  assertEquals([objects[0].state, objects[0].name], ["rejected", "glomerulus"]);
  assertEquals((await shown.post(session, [])).status, 405);
  assertMatch(await shown.end(), /its objects are those of ".*corrected/);
  const elsewhere = await serve(["--edit"]);
  assertEquals((await elsewhere.fetchJson("objects.json")).total, 0);
  await elsewhere.end();
});

Deno.test("view --edit that is killed while it saves loses nothing it has confirmed, and the next one cleans up", async () => {
  const out = await makeResults();
  const path = `${out}/kidney.corrected.geojson`;
  for (let kill = 0; kill < 3; kill++) {
    const server = await serve(["--results", out, "--edit"]);
    const killed = (async () => {
      await new Promise((resolve) => setTimeout(resolve, 80 + 61 * kill));
      await server.end("SIGKILL");
    })();
    let session = await server.session();
    let confirmed = 0;
    for (let i = 0; i < 1e5; i++) {
      const changes = features.slice(0, 20)
        .map(({ id }) => ({ id, state: null, name: `class ${kill}-${i}` }));
      const answer = await server.post(session, changes)
        .then(async (one) => await one.json()).catch(() => undefined);
      if (!answer) break;
      session = { ...session, version: answer.version };
      confirmed = i;
    }
    await killed;
    const { features: saved } = JSON.parse(await Deno.readTextFile(path));
    assertEquals(saved.length, features.length);
    const names = saved.slice(0, 20).map((
      { properties }: typeof features[number],
    ) => properties.classification.name);
    const last = names[0];
    assert(
      [confirmed, confirmed + 1].some((i) => last === `class ${kill}-${i}`),
      `${last}, not ${confirmed}`,
    );
    assertEquals(new Set(names).size, 1, "all changes of a request, or none");
  }
  const server = await serve(["--results", out, "--edit"]);
  await server.end();
  assertEquals(
    [...Deno.readDirSync(out)].map(({ name }) => name).toSorted(),
    ["kidney.corrected.geojson", "kidney.geojson", "kidney.json"],
  );
});

for (
  const [args, says] of [
    [["--by", "Ann"], /^tilewise: --by NAME records who corrects: use --edit/],
    [
      ["--edit", "--corrected", `${slide}/none`],
      /^tilewise: Cannot create folder ".*none" for corrections: Not a dir/,
    ],
  ] as const
) {
  Deno.test(`view ${args[0]} says what is wrong`, async () => {
    const { code, stderr } = await start(args).output();
    assert(code !== 0);
    assertMatch(new TextDecoder().decode(stderr), says);
  });
}
