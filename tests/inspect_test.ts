import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { main } from "../src/cli/main.ts";
import { LIMITS } from "../src/io/limits.ts";
import { inspectSlide } from "../src/slide/inspect_slide.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import { makeTiff, type PageSpec } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-inspect-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const tile = { width: 16, height: 16 };
const page = (
  width: number,
  height: number,
  more: Partial<PageSpec> = {},
): PageSpec => ({ width, height, pixels: noise(width, height), ...more });

await Deno.writeFile(
  `${folder}/kidney.svs`,
  await makeTiff([
    page(64, 48, {
      tile,
      tags: {
        270: "Aperio x\r\n64x48|AppMag = 20|MPP = 0.4990",
        282: [72, 1],
        283: [72, 1],
        296: 2,
      },
    }),
    page(16, 12), // a thumbnail
    page(32, 24, { tile }),
    page(39, 46, { tags: { 270: "Aperio x\r\nlabel 39x46" } }),
    page(20, 17, { tags: { 270: "Aperio x\r\nsomething" } }),
  ]),
);
await Deno.writeFile(
  `${folder}/stack.tif`,
  await makeTiff([page(20, 10), page(20, 10)]),
);
await Deno.writeTextFile(`${folder}/torn.tif`, "<!DOCTYPE html>");

Deno.test("inspectSlide() says what a file holds, and which tag said so", async () => {
  const { pages, ...found } = await inspectSlide(`${folder}/kidney.svs`);
  assertEquals(found, {
    name: "kidney",
    bytes: (await Deno.stat(`${folder}/kidney.svs`)).size,
    format: "Aperio SVS",
    mpp: {
      x: 0.499,
      y: 0.499,
      source: 'ImageDescription "MPP = 0.4990"',
    },
    objectivePower: { value: 20, source: 'ImageDescription "AppMag"' },
    levels: [
      {
        width: 64,
        height: 48,
        downsample: 1,
        page: "page 0",
        missingBlocks: 0,
      },
      {
        width: 32,
        height: 24,
        downsample: 2,
        page: "page 2",
        missingBlocks: 0,
      },
    ],
    properties: { "aperio.AppMag": "20", "aperio.MPP": "0.4990" },
    associated: [
      { name: "thumbnail", width: 16, height: 12, page: "page 1" },
      { name: "label", width: 39, height: 46, page: "page 3" },
    ],
    ignored: [
      { what: "page 4 (20×17 px)", why: "it is not tiled" },
      {
        what: "XResolution 72 per inch",
        why: "the format stores the scale elsewhere",
      },
    ],
    warnings: [],
  });
  assertEquals(pages.length, 5);
  assertEquals(pages[0], {
    place: "page 0",
    width: 64,
    height: 48,
    blocks: "tiles of 16×16",
    compression: "none",
    bits: 8,
    sampleFormat: "unsigned",
    samples: 3,
    colorSpace: "RGB",
    description: "Aperio x",
  });
});

Deno.test("inspectSlide() describes what cannot be opened as far as it goes", async () => {
  const stack = await inspectSlide(`${folder}/stack.tif`);
  assertMatch(stack.problem!, /^it contains 2 pages of one size/);
  assertEquals([stack.format, stack.levels, stack.pages.length], [
    "TIFF",
    [],
    2,
  ]);
  const torn = await inspectSlide(`${folder}/torn.tif`);
  assertMatch(torn.problem!, /HTML page/);
  assertEquals([torn.format, torn.pages], [undefined, []]);
  const none = await inspectSlide(`${folder}/none.tif`);
  assertMatch(none.problem!, /does not exist/);
  assertEquals([none.bytes, none.pages], [0, []]);
  const one = await inspectSlide(`${folder}/stack.tif`, { page: 1 });
  assertEquals([one.problem, one.levels[0].page], [undefined, "page 1"]);
});

const run = (...args: string[]) =>
  captureConsole(() => main(["inspect", ...args]));

Deno.test("inspect prints a table, writes what lies beside a slide, and fails where one cannot be read", async () => {
  const { code, out, error } = await run(
    `${folder}/kidney.svs`,
    "--associated",
    `${folder}/beside`,
  );
  assertEquals([code, error], [0, ""]);
  assertEquals(
    out.replaceAll(folder, "."),
    `./kidney.svs
  Format      Aperio SVS, 20,257 bytes
  Size        64 × 48 px, 0.0319 × 0.024 mm
  Resolution  0.499 µm per pixel, from ImageDescription "MPP = 0.4990"
  Objective   20×, from ImageDescription "AppMag"
  Level 0     64 × 48 px, downsample 1, 0.499 µm per pixel, page 0, tiles of 16×16, none, RGB, 3 × 8 bits
  Level 1     32 × 24 px, downsample 2, 0.998 µm per pixel, page 2, tiles of 16×16, none, RGB, 3 × 8 bits
  Property    aperio.AppMag: 20
  Property    aperio.MPP: 0.4990
  Image       thumbnail, 16×12 px, page 1
  Image       label, 39×46 px, page 3
  Ignored     page 4 (20×17 px): it is not tiled
  Ignored     XResolution 72 per inch: the format stores the scale elsewhere

`,
  );
  const label = await inspectSlide(`${folder}/beside/kidney.label.png`);
  assertEquals([label.format, label.levels[0].width], ["PNG", 39]);
  const all = await run(folder, "--json");
  assertEquals(all.code, 1);
  const names = JSON.parse(all.out).map((
    { name, problem }: { name: string; problem?: string },
  ) => [name, problem === undefined]);
  assertEquals(names, [["kidney", true], ["stack", false], ["torn", false]]);
  const usage = await run();
  assertEquals([usage.code, usage.out], [2, ""]);
});

Deno.test("inspect --limits prints each limit with its reason, and needs no slide", async () => {
  const { code, out } = await run("--limits");
  assertEquals(code, 0);
  for (const { most, what, why } of LIMITS.values()) {
    assertStringIncludes(out, `${most.toLocaleString("en-US")}  ${what}`);
    assertStringIncludes(out, why);
  }
});

Deno.test("inspect --associated names images after their slides, and refuses namesakes before it writes", async () => {
  const bytes = await Deno.readFile(`${folder}/kidney.svs`);
  const places = [
    "odd/a#1.svs",
    "odd/a?2.svs",
    "odd/x/same.svs",
    "odd/same.svs",
  ];
  await Deno.mkdir(`${folder}/odd/x`, { recursive: true });
  for (const place of places) await Deno.writeFile(`${folder}/${place}`, bytes);
  const [one, two, same, other] = places.map((place) => `${folder}/${place}`);
  const out = ["--associated", `${folder}/images`];
  const refused = await run(same, other, ...out);
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.error, 'have the same name, "same"');
  assertEquals(await Deno.stat(`${folder}/images`).catch(() => "none"), "none");
  assertEquals((await run(one, two, ...out)).code, 0);
  const names = [...Deno.readDirSync(`${folder}/images`)].map(({ name }) =>
    name
  );
  assertEquals(names.sort(), [
    "a#1.label.png",
    "a#1.thumbnail.png",
    "a?2.label.png",
    "a?2.thumbnail.png",
  ]);
  await Deno.remove(`${folder}/odd`, { recursive: true });
});
