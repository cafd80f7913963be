import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import project from "../deno.json" with { type: "json" };
import { main } from "../src/cli/main.ts";
import { writeSafetensors } from "../src/weights/write_safetensors.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";
import { syntheticStateDict } from "./helpers/synthetic_state_dict.ts";
import { tinyUnext } from "./helpers/tiny_unext.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-said-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const weights = `${folder}/tiny.safetensors`;
await Deno.writeFile(
  weights,
  writeSafetensors(syntheticStateDict(tinyUnext, { bias: 1 })),
);

async function writeSlide(path: string): Promise<string> {
  const place = `${folder}/${path}`;
  await Deno.mkdir(place.slice(0, place.lastIndexOf("/")), { recursive: true });
  const size = { width: 40, height: 30 };
  const pixels = noise(40, 30);
  await Deno.writeFile(place, await makeTiff([{ ...size, pixels }]));
  return place;
}
const [a, b, c, otherA] = await Promise.all(
  ["in/a.tif", "in/b.tif", "in/c.tif", "in/other/a.tif"].map(writeSlide),
);

function infer(out: string, slides: readonly string[], ...more: string[]) {
  const small = ["--tile", "64", "--expansion", "32", "--downsample", "1"];
  const target = ["--weights", weights, "--out", `${folder}/${out}`];
  return captureConsole(() =>
    main(["infer", ...slides, ...target, ...small, ...more])
  );
}

/** The files of a folder and those within. */
function filesIn(path: string): string[] {
  return [...Deno.readDirSync(`${folder}/${path}`)].flatMap((entry) =>
    entry.isDirectory
      ? filesIn(`${path}/${entry.name}`).map((name) => `${entry.name}/${name}`)
      : [entry.name]
  ).sort();
}

const read = (path: string) => Deno.readTextFile(`${folder}/${path}`);
const exists = (path: string) =>
  Deno.stat(`${folder}/${path}`).then(() => true, () => false);

Deno.test("infer says on what it computes, warns of a software adapter, and is quiet when asked", async () => {
  const loud = await infer("device", [a], "--format", "json");
  assertEquals(loud.code, 0, loud.error);
  const [line, warning] = loud.device.split("\n");
  assertMatch(line, /^Device: .+, driver .+, backend .+, precision f32$/);
  const { run } = JSON.parse(await read("device/a.json"));
  assertEquals(warning !== "", run.device.software);
  if (run.device.software) {
    assertMatch(warning, /software adapter, .*install its driver/);
  }
  assertStringIncludes(line, run.device.adapter);
  const quiet = await infer("device", [b], "--format", "json", "--quiet");
  assertEquals([quiet.code, quiet.device, quiet.error], [0, "", ""]);
});

Deno.test("infer --device computes on what was chosen, or refuses it by name", async () => {
  const unknown = await infer("chosen", [a], "--device", "cuda");
  assertEquals(unknown.code, 2);
  assertStringIncludes(
    unknown.error,
    '--device must be one of auto, gpu, cpu, high-performance, low-power, software, received "cuda"',
  );
  const { run: { device } } = JSON.parse(await read("device/a.json"));
  const only = ["--format", "json"];
  const software = await infer("chosen", [a], "--device", "software", ...only);
  const fast = await infer(
    "chosen",
    [b],
    "--device",
    "high-performance",
    ...only,
  );
  if (device.software) {
    assertEquals([software.code, fast.code], [0, 1]);
    // Who chose it knows.
    assertMatch(software.device, /^Device: .*\n$/);
    assertMatch(
      fast.error,
      /Cannot use a high-performance GPU: only a software adapter was found, ".+"; install your GPU's driver, or use the device auto/,
    );
  } else {
    assertEquals(fast.code, 0);
  }
});

Deno.test("infer's NAME.json says how the run came about, and all results name the run", async () => {
  const { code, error } = await infer("all", [a], "--probability");
  assertEquals(code, 0, error);
  const summary = JSON.parse(await read("all/a.json"));
  assertEquals(summary.schema, "tilewise-summary/1");
  assertEquals(summary.slide, {
    name: "a",
    width: 40,
    height: 30,
    path: a,
    bytes: (await Deno.stat(a)).size,
  });
  const { run, model } = summary;
  assertMatch(run.id, /^\d{8}T\d{6}Z-[0-9a-f]{8}$/);
  assertEquals(run.version, project.version);
  assertEquals(run.command.slice(0, 2), ["infer", a]);
  assertEquals(run.command.at(-1), "--probability");
  assertEquals(run.runtime, `Deno ${Deno.version.deno}`);
  assert(new Date(run.start) <= new Date(run.end), `${run.start} ${run.end}`);
  assert(Math.abs(Date.now() - Date.parse(run.end)) < 600_000);
  // Tests run without --allow-sys, and nobody is asked.
  assertEquals(run.host, undefined);
  assertEquals(run.device.precision, summary.settings.precision);
  assertMatch(model[0].sha256, /^[0-9a-f]{64}$/);

  // All of it is documented.
  const docs = await Deno.readTextFile(
    new URL("../docs/results.md", import.meta.url),
  );
  const fields = [
    ...Object.keys(summary.slide).map((name) => `slide.${name}`),
    ...Object.keys(run).map((name) => `run.${name}`),
    ...Object.keys(run.device).map((name) => `run.device.${name}`),
    ...Object.keys(summary.objects).map((name) => `objects.${name}`),
    ...Object.keys(summary.tiles).map((name) => `tiles.${name}`),
    ...Object.keys(model[0]).map((name) => `model[].${name}`),
    ...Object.keys(summary.files[0]).map((name) => `files[].${name}`),
    ...Object.keys(summary),
  ];
  const parts = [
    "slide",
    "run",
    "run.device",
    "objects",
    "tiles",
    "model",
    "files",
  ];
  const wholes = [...parts, "milliseconds"];
  assertEquals(
    fields.filter((name) =>
      !wholes.includes(name) && !docs.includes(`\`${name}\``)
    ),
    [],
  );

  const by = `Tilewise ${run.version}, run ${run.id}`;
  assertEquals(JSON.parse(await read("all/a.geojson")).generator, by);
  const [header, object] = (await read("all/a.objects.csv")).split("\n");
  assertEquals(header.split(",").at(-1), "run");
  assertEquals(object.split(",").at(-1), run.id);
  const html = await read("all/a.html");
  for (const text of [run.id, run.version, run.device.adapter, a]) {
    assertStringIncludes(html, text);
  }
  for (const name of ["mask.tif", "probability.tif"]) {
    assertStringIncludes(await read(`all/a.${name}`), `Creator="${by}"`);
  }
  for (const name of ["mask.png", "overlay.png"]) {
    assertStringIncludes(await read(`all/a.${name}`), `Software\0${by}`);
  }
  // Kaggle takes these columns and no others.
  assertEquals(
    (await read("all/a.rle.csv")).split("\n")[0],
    "id,predicted",
  );
});

Deno.test("infer keeps the machine's name where that is allowed", async () => {
  const { success, stderr } = await new Deno.Command("deno", {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-write"],
      ...["--allow-sys=hostname", "src/cli/main.ts", "infer", a, "--tile=64"],
      ...["--weights", weights, "--out", `${folder}/host`, "--format", "json"],
      ...["--expansion=32", "--downsample=1"],
    ],
    cwd: new URL("../", import.meta.url),
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const { run: { host } } = JSON.parse(await read("host/a.json"));
  assert(typeof host === "string" && host.length > 0);
});

Deno.test("infer leaves keys in URLs out of what it keeps of the command", async () => {
  const url = "http://user:word@127.0.0.1:1/x.svs?key=secret#part";
  await infer("keys", [a, url], "--format", "json");
  const { run: { command } } = JSON.parse(await read("keys/a.json"));
  assertEquals(command[2], "http://127.0.0.1:1/x.svs");
});

Deno.test("infer refuses two slides of one name before the first tile, and names both", async () => {
  const twice = await infer("twice", [b, a, otherA]);
  assertEquals(twice.code, 1);
  assertEquals(
    twice.error,
    `tilewise: Cannot tell results apart: "${a}" and "${otherA}" have the same name, "a"; use --keep-folders to write them into subfolders\n`,
  );
  assertEquals([await exists("twice"), twice.device], [false, ""]);
});

Deno.test("infer --keep-folders writes into folders like those of the slides", async () => {
  const { code, out } = await infer(
    "kept",
    [otherA, a, b],
    "--keep-folders",
    ...["--format", "json,html,objects"],
  );
  assertEquals(code, 0);
  assertEquals(filesIn("kept"), [
    ...["a.html", "a.json", "a.objects.csv"],
    ...["b.html", "b.json", "b.objects.csv"],
    ...["index.html", "objects.csv"],
    ...["other/a.html", "other/a.json", "other/a.objects.csv"],
  ]);
  assertMatch(out, /\nother\/a .*\na .*\nb /);
  const index = await read("kept/index.html");
  for (const link of ["./a.html", "./b.html", "./other/a.html"]) {
    assertStringIncludes(index, `href="${link}"`);
  }
  const again = await infer("kept", [a, otherA, b], "--keep-folders");
  assertEquals(again.code, 1);
  assertStringIncludes(again.error, "kept/a.json");
  const resumed = await infer(
    "kept",
    [a, otherA, b],
    ...["--keep-folders", "--resume", "--format", "json,html,objects"],
  );
  assertMatch(resumed.out, /3 slides: 3 complete\n$/);
  assertEquals((await read("kept/index.html")).length, index.length);
});

Deno.test("A second batch adds to index.html and objects.csv, and leaves out what is gone", async () => {
  const formats = ["--format", "json,html,objects"];
  assertEquals((await infer("two", [a, b], ...formats)).code, 0);
  const rowsOf = (text: string) =>
    text.trim().split("\n").slice(1).map((line) => line.split(",")[0]);
  const linksOf = async () =>
    [...new Set((await read("two/index.html")).match(/href="\.[^"]*"/g))]
      .sort();
  assertEquals(await linksOf(), ['href="./a.html"', 'href="./b.html"']);
  const first = await read("two/objects.csv");
  assertEquals(new Set(rowsOf(first)), new Set(["a", "b"]));
  const [header] = first.split("\n");
  const own = (await read("two/a.objects.csv")).split("\n");
  assertEquals(header, `slide,${own[0]}`);
  assertStringIncludes(first, `\na,${own[1]}\n`);

  // One slide after a batch adds, too; of a slide whose results are gone, nothing stays.
  for (const name of ["a.json", "a.html", "a.objects.csv"]) {
    await Deno.remove(`${folder}/two/${name}`);
  }
  assertEquals((await infer("two", [c], ...formats)).code, 0);
  assertEquals(await linksOf(), ['href="./b.html"', 'href="./c.html"']);
  assertEquals(
    new Set(rowsOf(await read("two/objects.csv"))),
    new Set(["b", "c"]),
  );

  // A table of an older run with other columns.
  const lines = (await read("two/b.objects.csv")).trim().split("\n");
  await Deno.writeTextFile(
    `${folder}/two/b.objects.csv`,
    [
      "id,odd,centre_x",
      ...lines.slice(1).map((_, i) => `${i},"x, y",0.5`),
    ].join("\r\n"),
  );
  assertEquals((await infer("two", [a], ...formats)).code, 0);
  const mixed = (await read("two/objects.csv")).trim().split("\n");
  assertEquals(mixed[0], `slide,${own[0]},odd`);
  const names = mixed[0].split(",");
  const row = names.map((name) => name === "center_x" ? "0.5" : "");
  const old = ["b", "0", ...row.slice(2, -1), '"x, y"'].join();
  assert(mixed.includes(old), mixed.join("\n"));
});

Deno.test("index.html is renewed for one slide, too, where it told of failures", async () => {
  const broken = ["x", "y"].map((name) => `${folder}/${name}.tif`);
  for (const path of broken) await Deno.writeTextFile(path, "no slide");
  assertEquals((await infer("again", broken)).code, 1);
  assertStringIncludes(await read("again/index.html"), "<h1>2 slides</h1>");
  assertEquals((await infer("again", [a])).code, 0);
  const page = await read("again/index.html");
  assertStringIncludes(page, "<h1>1 slide</h1>");
  assert(!page.includes("x.tif"));
});

Deno.test("infer replaces results only with --overwrite, and says what is there", async () => {
  const only = ["--format", "json,rle"];
  assertEquals((await infer("kept2", [a, b], ...only)).code, 0);
  const before = await read("kept2/a.json");
  const refused = await infer("kept2", [c, a, b], ...only);
  assertEquals(refused.code, 1);
  const out = `${folder}/kept2`;
  assertEquals(
    refused.error,
    `tilewise: Cannot write results: "${out}/a.json", "${out}/a.rle.csv", "${out}/b.json" and 1 more already exist; use --overwrite to replace them, or --resume to skip complete slides\n`,
  );
  assertEquals(refused.device, "");
  assertEquals(await exists("kept2/c.json"), false);
  assertEquals(await read("kept2/a.json"), before);
  // Other formats of the same slide replace nothing.
  assertEquals((await infer("kept2", [a], "--format", "geojson")).code, 0);
  const replaced = await infer("kept2", [a, b], ...only, "--overwrite");
  assertEquals(replaced.code, 0);
  const [old, now] = [before, await read("kept2/a.json")].map((text) =>
    JSON.parse(text)
  );
  assertNotEquals(now.run.id, old.run.id);
  assertEquals(now.settings.fingerprint, old.settings.fingerprint);
});

Deno.test("infer --resume says where it replaces results of other settings", async () => {
  const only = ["--format", "json"];
  assertEquals((await infer("anew", [a], ...only)).code, 0);
  const other = await infer("anew", [a], ...only, "--resume", "--flips");
  assertEquals(other.code, 0);
  assertMatch(other.out, /^a: processed again, .*other settings/);
  const same = await infer("anew", [a], ...only, "--resume", "--flips");
  assertEquals(same.out, "a: complete\n");
});

Deno.test("infer --shard shares a batch among runs", async () => {
  const only = ["--format", "json,html"];
  const places: string[][] = [];
  for (const shard of ["1/2", "2/2", "4/4"]) {
    const { code, error } = await infer(
      "shards",
      [a, b, c],
      ...[...only, "--resume", "--shard", shard],
    );
    const count = { "1/2": 2, "2/2": 1, "4/4": 0 }[shard];
    assertEquals(code, 0, error);
    assertStringIncludes(error, `Shard ${shard}: ${count} of 3 slides\n`);
    places.push(filesIn("shards").filter((name) => name.endsWith(".json")));
  }
  const all = ["a.json", "b.json", "c.json"];
  assertEquals(places, [["a.json", "c.json"], all, all]);
  const index = await read("shards/index.html");
  for (const name of ["a", "b", "c"]) {
    assertStringIncludes(index, `href="./${name}.html"`);
  }
  // Where a slide was done makes no difference to its results.
  const whole = await infer("shards", [a, b, c], ...only, "--resume");
  assertMatch(whole.out, /3 slides: 3 complete\n$/);
  for (const shard of ["0/2", "3/2", "1", "a/b", "1/2/3"]) {
    const { code, error } = await infer("shards", [a], "--shard", shard);
    assertEquals(code, 2, shard);
    assertStringIncludes(
      error,
      `--shard must be a part of the slides, like 1/4 to 4/4, received "${shard}"`,
    );
  }
});

Deno.test("infer leaves an index.html alone that is somebody else's", async () => {
  await Deno.mkdir(`${folder}/site`);
  await Deno.writeTextFile(`${folder}/site/index.html`, "<h1>Mine</h1>");
  const { code, error } = await infer("site", [a, b]);
  assertEquals(code, 1);
  assertStringIncludes(error, "use --overwrite to replace it");
  assertEquals(filesIn("site"), ["index.html"]);
  assertEquals(await read("site/index.html"), "<h1>Mine</h1>");
});

Deno.test("infer does not write a slide's page over the batch's", async () => {
  const index = await writeSlide("odd/index.tif");
  const { code, error } = await infer("odd", [index, a]);
  assertEquals(code, 1);
  assertStringIncludes(error, "index.html is the page of all slides");
});

Deno.test("evaluate names its run, and replaces an earlier one only with --overwrite", async () => {
  const labels = `${folder}/labels.csv`;
  await Deno.writeTextFile(labels, "id,encoding\na,5 9\n");
  const evaluate = (slides: readonly string[], ...more: string[]) =>
    captureConsole(() =>
      main([
        ...["evaluate", ...slides, "--labels", labels],
        ...["--out", `${folder}/report`, ...more],
      ])
    );
  const model = ["--weights", weights, "--tile", "64", "--expansion", "32"];
  const first = await evaluate([a], ...model);
  assertEquals(first.code, 0, first.error);
  assertMatch(first.device, /^Device: /);
  const { run } = JSON.parse(await read("report/evaluation.json"));
  assertEquals([run.version, run.command[0]], [project.version, "evaluate"]);
  assertStringIncludes(await read("report/evaluation.html"), run.id);

  const files = ["--predicted", labels];
  const second = await evaluate([a], ...files);
  assertEquals(second.code, 1);
  assertMatch(
    second.error,
    /evaluation\.json", ".*evaluation\.html" and 1 more already exist; use --overwrite to replace them, or another --out\n$/,
  );
  const third = await evaluate([a], ...files, "--overwrite");
  assertEquals([third.code, third.error, third.device], [0, "", ""]);
  const { run: later } = JSON.parse(await read("report/evaluation.json"));
  assertEquals(later.device, undefined);
  assertNotEquals(later.id, run.id);

  const twice = await evaluate([a, otherA], ...files, "--overwrite");
  assertEquals([twice.code, twice.out], [1, ""]);
  assertStringIncludes(
    twice.error,
    `"${a}" and "${otherA}" have the same name, "a"`,
  );
});
