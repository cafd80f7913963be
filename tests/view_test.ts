import { oneLine } from "../src/run/run_context.ts";
import { listSlides } from "../src/run/list_slides.ts";
import { SlideViews } from "../src/run/slide_views.ts";
import { openSlide } from "../src/slide/open_slide.ts";
import { openView } from "../src/view/open_view.ts";
import type { SlideItem } from "../src/view/view.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";

const root = new URL("../", import.meta.url);
const folder = await Deno.makeTempDir({ prefix: "tilewise-view-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

async function writePicture(
  name: string,
  [width, height]: readonly [number, number],
  samples = 3,
): Promise<string> {
  const path = `${folder}/${name}`;
  const pixels = noise(width, height, samples);
  await Deno.writeFile(
    path,
    await makeTiff([{ width, height, pixels, samples }]),
  );
  return path;
}

const slide = await writePicture("slide.tif", [700, 300]);
await writePicture("slide.mask.tif", [700, 300], 1);
const half = await writePicture("half.tif", [350, 150], 1);
const other = await writePicture("other.tif", [300, 700], 1);
await Deno.mkdir(`${folder}/empty`);

function start(args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command("deno", {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-read"],
      ...["--allow-net=127.0.0.1", "src/cli/main.ts", "view", ...args],
    ],
    cwd: root,
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
}

async function run(args: readonly string[]) {
  const { code, stdout, stderr } = await start(args).output();
  const text = new TextDecoder();
  return {
    code,
    out: text.decode(stdout).trim(),
    error: text.decode(stderr).trim(),
  };
}

Deno.test("view serves a folder's slides, each opened when it is looked at", async () => {
  const slides = await Deno.makeTempDir({ dir: folder });
  const out = await Deno.makeTempDir({ dir: folder });
  for (const name of ["a/x", "b/x", "b/y"]) {
    await Deno.mkdir(`${slides}/${name[0]}`, { recursive: true });
    await Deno.mkdir(`${out}/${name[0]}`, { recursive: true });
    await Deno.copyFile(slide, `${slides}/${name}.tif`);
  }
  await Deno.writeTextFile(`${slides}/bad.tif`, "no TIFF");
  await Deno.copyFile(half, `${out}/a/x.mask.tif`);
  await Deno.copyFile(half, `${out}/b/y.mask.tif`);
  await Deno.writeTextFile(
    `${out}/b/y.corrected.geojson`,
    '{"type":"FeatureCollection","features":[]}',
  );
  await Deno.writeTextFile(`${out}/b/.x.lock`, "{}");
  const args = [`${slides}/**`, `${slides}/none.tif`, "--results", out];
  const child = start([...args, "--port", "0"]);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  const [, url] = /^5 slides: (http:\S+) \(Ctrl-C ends\)$/m.exec(value!)!;
  const json = async (path: string) => await (await fetch(url + path)).json();
  const list: SlideItem[] = await json("slides.json");
  const numberOf = (name: string) => list.findIndex((one) => one.name === name);
  assertEquals(list.map(({ name }) => name).toSorted(), [
    ...["a/x", "b/x", "bad", "none", "y"],
  ]);
  const view = async (name: string) =>
    await json(`slides/${numberOf(name)}/view.json`);
  assertEquals((await view("a/x")).layers.length, 2);
  assertEquals((await view("b/x")).layers.length, 1);
  for (const name of ["bad", "none"]) {
    const response = await fetch(`${url}slides/${numberOf(name)}/view.json`);
    assertEquals(response.status, 500);
    assertMatch(await response.text(), new RegExp(`Cannot open .*${name}.tif`));
  }
  const states: SlideItem[] = await json("states.json");
  assertEquals(
    Object.fromEntries(states.map(({ name, state }) => [name, state])),
    {
      ...{ "a/x": "done", "b/x": "running", y: "corrected" },
      ...{ bad: "failed", none: "failed" },
    },
  );
  const thumbnail = await fetch(`${url}slides/${numberOf("y")}/thumbnail`);
  assertEquals(thumbnail.headers.get("content-type"), "image/jpeg");
  await using picture = await openSlide(await thumbnail.blob());
  assertEquals([picture.width, picture.height], [128, 55]);
  child.kill("SIGINT");
  await reader.cancel();
  assertEquals((await child.status).code, 0);
  await child.stderr.cancel();
});

Deno.test("SlideViews finds corrections beside slides, and refuses results of another slide", async () => {
  const slides = await Deno.makeTempDir({ dir: folder });
  await Deno.copyFile(slide, `${slides}/x.tif`);
  await Deno.copyFile(slide, `${slides}/y.tif`);
  await Deno.writeTextFile(`${slides}/y.corrected.geojson`, "{}");
  const entries = await listSlides([slides]);
  await using views = new SlideViews(entries);
  const states = (await views.list()).map(({ name, state }) => [name, state]);
  assertEquals(states, [["x", undefined], ["y", "corrected"]]);

  const summary = {
    slide: { name: "x", width: 70, height: 30 },
    objects: { count: 0 },
    tiles: { seen: 0 },
    positiveFraction: 0,
  };
  await Deno.writeTextFile(`${slides}/x.json`, JSON.stringify(summary));
  await using others = new SlideViews(entries, { results: slides });
  await assertRejects(
    () => others.open(0),
    RangeError,
    'Cannot show the results of "x": "x.json" is of a slide of 70×30 px, and this one has 700×300',
  );
  assertEquals(others.slides[0].state, "failed");
});

Deno.test("view takes any free port if the usual one is taken, and says so", async () => {
  const busy = new AbortController();
  let server: Deno.HttpServer | undefined;
  try {
    const options = { port: 8473, hostname: "127.0.0.1", onListen() {} };
    server = Deno.serve(
      { ...options, signal: busy.signal },
      () => new Response(),
    );
  } catch {
    // another program has it, which is as well
  }
  const child = start([slide]);
  const out = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await out.read();
  assertMatch(value!, /^slide: http:\/\/127\.0\.0\.1:(?!8473)\d+\/ /);
  child.kill("SIGINT");
  await out.cancel();
  const error = await new Response(child.stderr).text();
  assertMatch(error, /^tilewise: port 8473 is taken/);
  assertEquals((await child.status).code, 0);
  busy.abort();
  await server?.finished;
});

Deno.test("view serves a slide with its results until Ctrl-C", async () => {
  const child = start(
    [slide, "--results", folder, "--probability", half, "--port", "0"],
  );
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  const [, url] = /^slide: (http:\/\/127\.0\.0\.1:\d+\/) \(Ctrl-C ends\)$/m
    .exec(value!)!;
  const { layers, width } = await (await fetch(`${url}slides/0/view.json`))
    .json();
  assertEquals(width, 700);
  assertEquals(layers.map(({ id }: { id: string }) => id), [
    "slide",
    "probability",
    "mask",
  ]);
  for (const { id, maxZoom } of layers) {
    const response = await fetch(`${url}slides/0/tiles/${id}/${maxZoom}/0_0`);
    assertEquals(response.status, 200, id);
    await response.body?.cancel();
  }
  child.kill("SIGINT");
  await reader.cancel();
  assertEquals((await child.status).code, 0);
  await child.stderr.cancel();
});

const bad: Record<string, [args: string[], message: RegExp, code: number]> = {
  "a missing slide": [[`${folder}/none.tif`], /none\.tif/, 1],
  "a mask of another shape": [
    [slide, "--mask", other],
    /shape of the slide, 700×300, and is 300×700/,
    1,
  ],
  "a slide as a mask": [
    [slide, "--mask", slide],
    /^tilewise: Cannot show mask ".*slide\.tif": it has colors, like a slide, at 0,0: save it as grayscale, or with a transparent background$/,
    1,
  ],
  "a slide as a probability map": [
    [slide, "--probability", slide],
    /slide\.tif": it has colors, like a slide: a probability map is gray/,
    1,
  ],
  "objects that are none": [[slide, "--geojson", slide], /not JSON/, 1],
  "a folder without results": [
    [slide, "--results", `${folder}/empty`],
    /Cannot find results of "slide"/,
    1,
  ],
  "no slide": [[], /No slide/, 2],
  "a mask of several slides": [
    [slide, other, "--mask", half],
    /--mask is a file of one slide, and there are several: use --results/,
    2,
  ],
  "slides of which none has results": [
    [slide, other, "--results", `${folder}/empty`],
    /Cannot find results of the 2 slides: there are none in ".*empty"/,
    1,
  ],
  "a folder without slides": [
    [`${folder}/empty`],
    /Cannot find slides in ".*empty": it has no files/,
    1,
  ],
  "an unknown option": [[slide, "--masks", "x"], /--masks/, 2],
  "a port that is none": [[slide, "--port", "many"], /--port/, 2],
};
for (const [what, [args, message, expected]] of Object.entries(bad)) {
  Deno.test(`view refuses ${what}`, async () => {
    const { code, out, error } = await run(args);
    assertEquals([code, out], [expected, ""], error);
    assertMatch(error, message);
    assertEquals(error.split("\n").length, expected, error);
  });
}

Deno.test("view --help tells people how it is used", async () => {
  const { code, out } = await run(["--help"]);
  assertEquals(code, 0);
  assertStringIncludes(out, "--probability FILE");
});

const malformed = new URL("../../shared/data/malformed/", import.meta.url);
const missing = !await Deno.stat(malformed).then(() => true, () => false);

Deno.test({
  name:
    "openView() opens what is malformed, or refuses it in a line, within 10 s (needs ../shared)",
  ignore: missing,
  async fn() {
    let [shown, refused] = [0, 0];
    for (const { name } of Deno.readDirSync(malformed)) {
      const path = decodeURIComponent(new URL(name, malformed).pathname);
      const start = performance.now();
      try {
        await using view = await openView(path);
        const { layers: [{ id, minZoom }] } = view.description;
        await view.layers.get(id)!.tile(minZoom, { column: 0, row: 0 });
        shown++;
      } catch (error) {
        assert(error instanceof Error, `${name}: ${error}`);
        assertMatch(oneLine(error), /^Cannot .{10,600}$/, name);
        refused++;
      }
      assert(performance.now() - start < 10_000, `${name} took too long`);
    }
    assert(shown > 0 && refused > 40, `${shown} shown, ${refused} refused`);
  },
});
