import { TiffSink } from "../masks/tiff/tiff_sink.ts";
import { writeBands } from "../masks/write_mask.ts";
import { openMask } from "../slide/open_mask.ts";
import { serveView } from "../view/serve_view.ts";
import { oneView, type View } from "../view/view.ts";
import { findLayers, findResults } from "./find_results.ts";
import { keepLevel } from "./keep_level.ts";
import { keepView } from "./keep_view.ts";
import { assertEquals, assertRejects } from "@std/assert";

const root = await Deno.makeTempDir({ prefix: "tilewise-keep-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

const [width, height] = [700, 540];
/** A cone of probability, across the borders of tiles of 512. */
const cone = (x: number, y: number, peak: number) =>
  Uint8Array.from({ length: width * height }, (_, i) => {
    const far = Math.hypot(i % width - x, Math.floor(i / width) - y);
    return Math.round(255 * peak * Math.max(0, 1 - far / 90));
  });

/** A folder with the maps and the summary of a run. */
async function writeRun(
  name: string,
  maps: readonly Uint8Array[],
  summary: Record<string, unknown> = {},
): Promise<{ folder: string; paths: string[] }> {
  const folder = `${root}/${name}`;
  await Deno.mkdir(folder);
  const paths = maps.map((_, k) =>
    `${folder}/kidney.probability${maps.length > 1 ? `-${k + 1}` : ""}.tif`
  );
  const size = { width, height, mask: new Uint8Array(width * height) };
  for (const [k, path] of paths.entries()) {
    const band = { y: 0, ...size, probability8: maps[k] };
    const options = { width, height, content: "probability" } as const;
    await writeBands(
      (async function* () {
        yield band;
      })(),
      [new TiffSink(path, options)],
    );
  }
  const mpp = { x: 0.5, y: 0.5 };
  const settings = {
    ...{ threshold: 0.5, minArea: "100 µm²", simplify: 0, class: "tubule" },
    ...{ objectType: "detection", tile: 512, fingerprint: "abc" },
  };
  await Deno.writeTextFile(
    `${folder}/kidney.json`,
    JSON.stringify({
      slide: { name: "kidney", width, height, mpp },
      run: { id: "20260101T000000Z-12345678" },
      objects: { count: 0 },
      positiveFraction: 0,
      tiles: { seen: 4, skipped: 2 },
      ...{ settings, model: [{ weights: "fold0" }], ...summary },
    }),
  );
  return { folder, paths };
}

async function maskOf(path: string): Promise<number[]> {
  await using mask = await openMask(path);
  const rgb = await mask.readRegion({ x: 0, y: 0, width, height });
  return Array.from({ length: width * height }, (_, i) => rgb[i * 3] / 255);
}

Deno.test("keepLevel() writes mask, objects and summary at a threshold where all that reads results finds them", async () => {
  const map = cone(505, 500, 1);
  map[0] = 255; // smaller than the least object
  const { folder, paths } = await writeRun("one", [map]);
  const kept = await keepLevel(paths, { threshold: 0.62 });
  assertEquals(kept.folder, `${folder}/threshold-0.62`);
  assertEquals(kept.files.toSorted(), [
    ...["kidney.geojson", "kidney.json", "kidney.mask.tif"],
    ...["kidney.objects.csv", "kidney.rle.csv"],
  ]);
  const found = await findLayers(kept.folder, "slides/kidney.svs");
  assertEquals(Object.keys(found), ["mask", "geojson"]);
  const expected = [...map].map((value) => value / 255 > 0.62 ? 1 : 0);
  assertEquals(await maskOf(found.mask!), expected);
  const area = expected.reduce<number>((sum, one) => sum + one, 0) - 1;
  const { features } = JSON.parse(await Deno.readTextFile(found.geojson!));
  assertEquals(features.length, 1);
  const { classification, objectType, measurements } = features[0].properties;
  assertEquals([classification.name, objectType, measurements["Area µm^2"]], [
    ...["tubule", "detection", area / 4],
  ]);
  const [{ place, summary }] = await findResults(kept.folder);
  assertEquals([place, summary?.objects.count, summary?.objects.leftOut], [
    ...["kidney", 1, 1],
  ]);
  assertEquals(summary?.settings, {
    ...{ threshold: 0.62, minArea: "100 µm²", simplify: 0, class: "tubule" },
    ...{ objectType: "detection", tile: 512 },
    thresholdFrom: {
      run: "20260101T000000Z-12345678",
      threshold: 0.5,
      maps: ["kidney.probability.tif"],
    },
  });
  assertEquals([summary?.model, summary?.tiles], [
    ...[[{ weights: "fold0" }], { seen: 4, skipped: 2 }],
  ]);
  assertEquals(summary?.warnings?.length, 1);
  // The folder of the run has the slide once, as before.
  assertEquals((await findResults(folder)).map(({ place }) => place), [
    "kidney",
  ]);
  await assertRejects(
    () => keepLevel(paths, { threshold: 0.62 }),
    Error,
    `Cannot keep results at threshold 0.62: "${kept.folder}/kidney.rle.csv" exists; remove it`,
  );
});

Deno.test("keepLevel() gives each pixel the class of the highest of several maps", async () => {
  const classes = [{ name: "Tumor", color: "#ff0000" }, {
    name: "Stroma",
    color: "#0000ff",
  }];
  const maps = [cone(200, 200, 1), cone(260, 200, 0.9)];
  const { paths } = await writeRun("two", maps, { classes });
  const { folder } = await keepLevel(paths, { threshold: 0.4 });
  const [{ summary }] = await findResults(folder);
  const counts = [0, 0];
  maps[0].forEach((value, i) => {
    const highest = Math.max(value, maps[1][i]);
    if (highest / 255 > 0.4) counts[value === highest ? 0 : 1]++;
  });
  assertEquals(
    summary?.classes?.map(({ name, objects }) => [name, objects.areaPx.total]),
    [["Tumor", counts[0]], ["Stroma", counts[1]]],
  );
});

Deno.test("keepLevel() writes nothing if it is unknown how objects are made, or the map is not of the slide's size", async () => {
  const { folder, paths } = await writeRun("none", [cone(90, 90, 1)]);
  const json = `${folder}/kidney.json`;
  const text = await Deno.readTextFile(json);
  await Deno.writeTextFile(json, text.replace('"width":700', '"width":701'));
  await assertRejects(
    () => keepLevel(paths, { threshold: 0.5 }),
    RangeError,
    "must have the slide's size, 701×540, and is 700×540",
  );
  await Deno.remove(json);
  await assertRejects(
    () => keepLevel(paths, { threshold: 0.5 }),
    RangeError,
    "kidney.json\" beside the probability map must have the run's settings",
  );
  assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), [
    "kidney.probability.tif",
  ]);
});

Deno.test("keepView() keeps results for the server's own pages, and for no other sender", async () => {
  const { folder, paths } = await writeRun("served", [cone(90, 90, 1)]);
  const mask = {
    ...{ id: "mask", width, height, slideWidth: width } as const,
    ...{ tileSize: 512, overlap: 1, minZoom: 9, maxZoom: 10 },
  };
  const plain: View = {
    description: {
      ...{ name: "kidney", width, height, layers: [], live: false },
      levels: { mask, scale: 1, minArea: 0 },
    },
    layers: new Map(),
    objects: [],
  };
  const token = crypto.randomUUID();
  const view = keepView(plain, { maps: paths, token });
  assertEquals(view.description.levels?.keeps, true);
  assertEquals(keepView(plain, { maps: [], token }), plain);
  await using server = serveView(oneView(() => view));
  const own = {
    "x-tilewise-token": token,
    "content-type": "application/json",
    "origin": server.url.slice(0, -1),
  };
  const post = async (headers: Record<string, string>, threshold: unknown) => {
    const body = JSON.stringify({ threshold });
    const request = { method: "POST", headers: { ...own, ...headers }, body };
    const answer = await fetch(`${server.url}slides/0/keep`, request);
    return [answer.status, await answer.text()] as const;
  };
  for (
    const [headers, threshold, status] of [
      [{ origin: "http://evil.example" }, 0.5, 403],
      [{ "sec-fetch-site": "cross-site" }, 0.5, 403],
      [{ "x-tilewise-token": "guessed" }, 0.5, 403],
      [{ "content-type": "text/plain" }, 0.5, 400],
      [{}, 2, 400],
      [{}, "../../etc", 400],
      [{}, undefined, 400],
    ] as const
  ) {
    const [found] = await post(headers, threshold);
    assertEquals(found, status, JSON.stringify([headers, threshold]));
  }
  const get = await fetch(`${server.url}slides/0/keep`);
  assertEquals(get.status, 405);
  await get.body?.cancel();
  assertEquals([...Deno.readDirSync(folder)].length, 2); // nothing was written
  const both = await Promise.all([post({}, 0.7), post({}, 0.7)]);
  assertEquals(both.map(([status]) => status).toSorted(), [200, 409]);
  assertEquals((await findResults(`${folder}/threshold-0.7`)).length, 1);
});
