// Names of slides that are hostile to terminals, spreadsheets and file systems, through whole commands.
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { main } from "../src/cli/main.ts";
import { parseCsv } from "../src/io/csv.ts";
import { readRleCsv } from "../src/masks/rle/decode_rle.ts";
import { findLayers } from "../src/run/find_results.ts";
import { inferBatch } from "../src/run/infer_batch.ts";
import { openSlide } from "../src/slide/open_slide.ts";
import { writeSafetensors } from "../src/weights/write_safetensors.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";
import { syntheticStateDict } from "./helpers/synthetic_state_dict.ts";
import { tinyUnext } from "./helpers/tiny_unext.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-names-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));
const weights = `${folder}/tiny.safetensors`;
await Deno.writeFile(
  weights,
  writeSafetensors(syntheticStateDict(tinyUnext, { bias: 1 })),
);
const slides = `${folder}/slides`;
await Deno.mkdir(slides);
const pixels = noise(80, 70);
const bytes = await makeTiff([{ width: 80, height: 70, pixels }]);
// None of them is allowed on Windows.
const names = Deno.build.os === "windows" ? ["=1+1", "@a"] : [
  "=cmd|'x'!A0\nb\x1b]2;c\x07\x9bd\u202e",
  "-1\r\n+1",
  " a ",
  "a\n",
  '\t\'@"b",c',
];
for (const name of names) await Deno.writeFile(`${slides}/${name}.tif`, bytes);
const small = ["--tile", "64", "--expansion", "32", "--downsample", "1"];
const isClean = (text: string) => !/[^\n\P{Cc}]|\u202e/u.test(text);

Deno.test("infer, evaluate and tile work with any name, and print none raw", async () => {
  const out = `${folder}/out`;
  const infer = ["infer", slides, "--weights", weights, "--out", out, ...small];
  const done = await captureConsole(() =>
    main([...infer, "--class", "=1+\n\x1b[m"])
  );
  assertEquals([done.code, done.error], [0, ""]);
  assert(isClean(done.out), done.out);
  assertStringIncludes(
    done.out,
    `${names.length} slides: ${names.length} done`,
  );

  for (const name of names) {
    const rle = await Deno.readTextFile(`${out}/${name}.rle.csv`);
    assertEquals([...readRleCsv(rle).keys()], [name]);
    const layers = await findLayers(out, `${slides}/${name}.tif`);
    await using mask = await openSlide(layers.mask as string);
    assertEquals([mask.name, mask.width], [`${name}.mask`, 80]);
  }
  const table = await Deno.readTextFile(`${out}/objects.csv`);
  const records = [...parseCsv(table)].map(({ fields }) => fields);
  assertEquals(
    new Set(records.slice(1).map(([slide]) => slide)),
    new Set(names),
  );
  const classes = records.slice(1).map((fields) => fields[2]);
  assertEquals(new Set(classes), new Set(["=1+\n\x1b[m"]));
  assertStringIncludes(table, `"'${names[0]}",`);

  const again = await captureConsole(() =>
    main([...infer, "--class", "=1+\n\x1b[m", "--resume"])
  );
  assertEquals([again.code, again.error], [0, ""]);
  assertStringIncludes(again.out, `${names.length} complete`);

  const scored = await captureConsole(() =>
    main([
      "evaluate",
      slides,
      "--labels",
      out,
      "--predicted",
      out,
    ])
  );
  assertEquals(scored.code, 0, scored.error);
  assert(isClean(scored.out + scored.error), scored.out);
  assertEquals(scored.out.match(/Dice 1\.0000/g)?.length, names.length + 1);

  const tiles = `${folder}/tiles`;
  const cut = await captureConsole(() =>
    main([
      "tile",
      slides,
      "--labels",
      out,
      "--out",
      tiles,
      "--tile",
      "64",
      "--downsample",
      "1",
    ])
  );
  assertEquals(cut.code, 0, cut.error);
  assert(isClean(cut.out + cut.error), cut.out);
  const index = [...parseCsv(await Deno.readTextFile(`${tiles}/index.csv`))];
  assertEquals(
    new Set(index.slice(1).map(({ fields }) => fields[0])),
    new Set(names),
  );
});

Deno.test("infer refuses a name that is too long for its results before any work", async () => {
  const path = `${folder}/${"a".repeat(246)}.tif`;
  await Deno.writeFile(path, bytes);
  const out = `${folder}/long`;
  const { code, error } = await captureConsole(() =>
    main(["infer", path, "--weights", "absent.pth", "--out", out])
  );
  assertEquals(code, 1);
  assertStringIncludes(
    error,
    `Cannot name the results of "${path}": a name of 246 bytes is too long`,
  );
  assertStringIncludes(
    error,
    "rename it, or give a link to it with another name",
  );
  await assertRejects(() => Deno.stat(out), Deno.errors.NotFound);
  const link = `${folder}/short.tif`;
  await Deno.symlink(path, link);
  const entries = await inferBatch([link], {
    ...{ weights: [weights], out, tile: 64, expansion: 32, downsample: 1 },
    formats: new Set(["rle"]),
  });
  assertEquals(entries.map(({ place, status }) => [place, status]), [[
    "short",
    "done",
  ]]);
});

Deno.test("infer says that --out was removed during the run", async () => {
  const out = `${folder}/gone`;
  const path = `${slides}/${names[1]}.tif`;
  let removed = false;
  const options = {
    ...{ weights: [weights], out, tile: 64, expansion: 32, downsample: 1 },
    async onEvent({ kind }: { readonly kind: string }) {
      if (kind !== "tiled" && kind !== "tiles" || removed) return;
      removed = true;
      await Deno.remove(out, { recursive: true });
    },
  };
  const [entry] = await inferBatch([path], {
    ...options,
    formats: new Set(["rle"]),
  });
  assertEquals(entry.status, "failed");
  assertStringIncludes(entry.error!, "was removed or renamed");
  removed = false;
  await assertRejects(
    () => inferBatch([path], { ...options, formats: new Set(["rle", "html"]) }),
    Error,
    `Cannot write "${out}/index.html": its folder was removed or renamed meanwhile`,
  );
});
