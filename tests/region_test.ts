// Regions and tissue masks: what is looked at, and that results are those of a whole run, clipped.
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { main } from "../src/cli/main.ts";
import { PolygonLabels } from "../src/labels/polygon_labels.ts";
import { encodeRle } from "../src/masks/rle/rle_encoder.ts";
import {
  inferBatch,
  inferCohort,
  mergeCohort,
  planCohort,
} from "../src/run/mod.ts";
import { USUAL_FORMATS } from "../src/run/result_formats.ts";
import { openMask } from "../src/slide/open_mask.ts";
import { openSlide } from "../src/slide/open_slide.ts";
import { planTiles } from "../src/tiles/plan_tiles.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import { ShortRun, type ShortRunOptions } from "./helpers/short_run.ts";

const run = await ShortRun.create();
Deno.test.afterAll(() => run[Symbol.asyncDispose]());
const { folder } = run;

/** The side of slide a, in 5×5 tiles of 32 px. */
const SIDE = 150;
const size = { width: SIDE, height: SIDE };
const whole = { x: 0, y: 0, ...size };

type Ring = readonly (readonly [number, number])[];
const triangle: Ring = [[20, 10], [95, 60], [30, 88], [20, 10]];
const square: Ring = [[100, 100], [128, 100], [128, 130], [100, 130]];
const hole: Ring = [[35, 30], [60, 40], [50, 70], [35, 30]];

async function write(
  name: string,
  polygons: readonly (readonly [ring: Ring, className?: string])[],
): Promise<string> {
  const path = `${folder}/${name}`;
  const features = polygons.map(([ring, className]) => ({
    type: "Feature",
    geometry: { type: "Polygon", coordinates: [ring] },
    properties: className ? { classification: { name: className } } : {},
  }));
  await Deno.writeTextFile(path, JSON.stringify(features));
  return path;
}

const within = await write("within.geojson", [
  ...[[triangle, "Region*"], [square, "Region*: Small"]] as const,
  [[[130, 0], [150, 0], [150, 9], [130, 9]], "Tumor"],
]);
const exclude = await write("exclude.geojson", [[hole]]);
const region: ShortRunOptions = {
  formats: new Set([...USUAL_FORMATS, "probability", "tissue"]),
  sources: [run.slide("a")],
  ...{ within, withinClass: "Region*", exclude },
};

const polygons = (rings: readonly Ring[]) =>
  new PolygonLabels(
    rings.map((ring) => [Float64Array.from(ring.flat())]),
    size,
  ).readRegion(whole);
const [inner, left] = [
  await polygons([triangle, square]),
  await polygons([hole]),
];
const inside = inner.map((value, i) => value & (1 - left[i]));

let clipped: ReturnType<typeof infer> | undefined;
/** The run of the region. */
const clippedRun = () =>
  clipped ??= infer("a", { ...region, reproducible: true });

/** Runs into a folder, and returns it and what `NAME.json` says. */
async function infer(name: string, options: ShortRunOptions) {
  const out = run.out();
  const [{ status, error, summary }] = await run.infer(out, options);
  assertEquals(status, "done", error);
  return { out, path: `${out}/${name}`, summary: summary! };
}

const read = async (path: string) => {
  await using mask = await openMask(path);
  const { width, height } = mask;
  const pixels = await mask.readRegion({ x: 0, y: 0, width, height });
  return pixels.filter((_, i) => i % 3 === 0).map((value) => value && 1);
};

Deno.test("infer --within and --exclude give a whole run's results, clipped to the region", async () => {
  const { path: full } = await infer("a", {
    sources: region.sources,
    formats: new Set(["tiff", "probability", "json"]),
  });
  const { path, summary } = await clippedRun();
  const mask = await read(`${full}.mask.tif`);
  const masked = mask.map((value, i) => value & inside[i]);
  assert(masked.includes(1) && masked.some((value, i) => value !== mask[i]));
  assertEquals(await read(`${path}.mask.tif`), masked);
  assertEquals(
    await Deno.readTextFile(`${path}.rle.csv`),
    `id,predicted\na,${encodeRle(masked, size)}\n`,
  );
  await using one = await openSlide(`${full}.probability.tif`);
  await using other = await openSlide(`${path}.probability.tif`);
  const values = await one.readRegion(whole);
  assertEquals(
    await other.readRegion(whole),
    values.map((value, i) => inside[Math.floor(i / 3)] ? value : 0),
  );

  const areaPx = inside.reduce((sum, value) => sum + value, 0);
  const positive = masked.reduce((sum, value) => sum + value, 0);
  assertEquals(summary.region, {
    areaPx,
    slideFraction: areaPx / SIDE ** 2,
    seenFraction: 1,
    positiveFraction: positive / areaPx,
  });
  const grid = planTiles(size, { size: 32, expansion: 32, downsample: 1 });
  const met = [...grid].filter(({ x, y }) =>
    inside.some((value, i) => {
      const [column, row] = [i % SIDE - x, Math.floor(i / SIDE) - y];
      return value && column >= 0 && row >= 0 && column < 32 && row < 32;
    })
  );
  assert(met.length < grid.count);
  assertEquals(summary.tiles, { seen: met.length, skipped: 0 });
  const { settings } = JSON.parse(await Deno.readTextFile(`${path}.json`));
  assertEquals([settings.within, settings.withinClass, settings.exclude], [
    ...["within.geojson", "Region*", "exclude.geojson"],
  ]);
  assertMatch(settings.withinSha256, /^[0-9a-f]{64}$/);
  const table = await Deno.readTextFile(`${path}.objects.csv`);
  const [header, ...rows] = table.trim().split("\n");
  assertMatch(header, /,Region area px\^2,Region area µm\^2,run$/);
  assert(rows.every((row) => row.includes(`,${areaPx},,`)), rows[0]);
  const page = await Deno.readTextFile(`${path}.html`);
  assert(page.includes("Region with tissue"));
});

Deno.test("a cohort with a region ends in the bytes of infer, and refuses a region that changed", async () => {
  const own = `${folder}/within.geojson`;
  const kept = await Deno.readTextFile(own);
  const { sources, ...settings } = region;
  const cohort = run.out();
  const { parts } = await planCohort(sources!, {
    ...{ ...settings, out: cohort, partsOf: 10 },
    weights: [`${folder}/w.safetensors`],
  });
  await Deno.writeTextFile(own, await Deno.readTextFile(exclude));
  const failed = await inferCohort(cohort, { choose: { parts: [1] } });
  assertEquals([failed.done, failed.failed], [0, 1]);
  await Deno.writeTextFile(own, kept);
  const choose = { parts: parts.map(({ id }) => id) };
  assertEquals((await inferCohort(cohort, { choose })).done, parts.length);
  await mergeCohort(cohort);
  const { path } = await clippedRun();
  for (const suffix of ["rle.csv", "objects.csv", "tissue.geojson", "json"]) {
    assertEquals(
      await Deno.readTextFile(`${cohort}/results/a.${suffix}`),
      await Deno.readTextFile(`${path}.${suffix}`),
    );
  }
});

Deno.test("the tissue of a run is the tissue mask of another", async () => {
  const before = await clippedRun();
  const tissue = `${before.path}.tissue.geojson`;
  const { sources } = region;
  const formats = new Set(["json", "tissue"] as const);
  const { path, summary } = await infer("a", {
    ...{ sources, tissue, formats, reproducible: true },
  });
  const { seen } = before.summary.tiles;
  assertEquals(summary.tiles, { seen, skipped: 25 - seen });
  assertEquals(summary.region, undefined);
  const outline = async (path: string) =>
    JSON.parse(await Deno.readTextFile(path)).features;
  const features = await outline(`${path}.tissue.geojson`);
  assertEquals(features, await outline(tissue));
  assertEquals(features.length, 1);
});

Deno.test("infer --tissue-saturation is that of the tissue rule", async () => {
  const { summary } = await infer("b", {
    ...{ sources: [run.slide("b")], tissueSaturation: 255 },
    formats: new Set(["json"]),
  });
  assertEquals(summary.tiles, { seen: 0, skipped: 4 });
});

Deno.test("infer refuses regions that make no sense before it begins", async () => {
  await assertRejects(
    () =>
      inferBatch([`${folder}/slides`], {
        ...{ within: exclude, out: run.out() },
        weights: [`${folder}/w.safetensors`],
      }),
    RangeError,
    "it is of one slide, and there are 2: give a folder with NAME.geojson",
  );
  const usual = ["infer", "a.tif", "--weights", "w", "--out", "o"];
  for (
    const [args, says] of [
      [["--within-class", "A"], "--within-class needs --within FILE"],
      [["--exclude-class", "A"], "--exclude-class needs --exclude FILE"],
      [["--tissue", "t", "--tissue-pixels", "9"], "leave one out"],
      [["--tissue-saturation", "256"], "must be a number from 0 to 255"],
    ] as const
  ) {
    const { code, error } = await captureConsole(() =>
      main([...usual, ...args])
    );
    assertEquals(code, 2);
    assert(error.includes(says), error);
  }
});
