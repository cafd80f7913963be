import { assert, assertEquals, assertRejects } from "@std/assert";
import { openSlide } from "../src/slide/open_slide.ts";
import { streamTiles } from "../src/tiles/stream_tiles.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";
import { rangeResponse, startRangeServer } from "./helpers/range_server.ts";

const [width, height] = [1000, 900];
const tile = { width: 64, height: 64 };
const blockBytes = 64 * 64 * 3;
const file = await makeTiff([
  { width, height, pixels: noise(width, height), tile, compression: "deflate" },
]);
const blocks = { columns: Math.ceil(width / 64), rows: Math.ceil(height / 64) };

type Served = { readonly start: number; readonly end: number }[];
const bytesOf = (served: Served) =>
  served.reduce((sum, { start, end }) => sum + end - start, 0);

Deno.test("openSlide() streams tiles from a server as from memory, fetching little more than the blocks", async () => {
  await using server = startRangeServer(file);
  await using remote = await openSlide(server.url);
  await using local = await openSlide(new Blob([file]));
  assertEquals([remote.name, remote.width], ["a slide", width]);
  assertEquals(remote.version, `${file.length} "one"`);
  const options = { size: 96, expansion: 32, downsample: 2 };
  const expected = await Array.fromAsync(streamTiles(local, options));
  let i = 0;
  for await (const found of streamTiles(remote, options)) {
    assertEquals(found, expected[i++]);
  }
  assertEquals(i, expected.length);
  // Noise does not deflate: the blocks are nearly the whole file.
  const bytes = bytesOf(server.served);
  assert(bytes <= file.length * 1.05, `${bytes} of ${file.length}`);
});

Deno.test("openSlide() fetches a region's blocks alone, neighbours together", async () => {
  await using server = startRangeServer(file);
  await using slide = await openSlide(server.url);
  const [columns, rows] = [5, 4];
  server.served.length = 0;
  await slide.readRegion({
    x: 3 * 64 + 10,
    y: 2 * 64 + 10,
    width: columns * 64 - 20,
    height: rows * 64 - 20,
  });
  assertEquals(server.served.length, rows);
  const bytes = bytesOf(server.served);
  const needed = columns * rows * blockBytes;
  assert(bytes >= needed && bytes <= needed * 1.2, `${bytes / needed}`);
  // Its directory and tables lie elsewhere, and the whole file is more.
  assert(columns * rows * 3 < blocks.columns * blocks.rows);
});

Deno.test("openSlide() names the slide, not the keys of its URL, when its server fails", async () => {
  const bad: [number, string][] = [
    [404, "it does not exist: its server answers 404 Not Found"],
    [403, "its server answers 403 Forbidden"],
    [200, "its server does not support range requests"],
  ];
  for (const [status, reason] of bad) {
    await using server = startRangeServer(
      file,
      () => new Response("", { status }),
    );
    const error = await assertRejects(() => openSlide(server.url), Error);
    const shown =
      `Cannot open slide "http://${server.host}/slides/a slide.svs": `;
    assert(error.message.startsWith(shown + reason), error.message);
  }
  await assertRejects(
    () => openSlide("http://"),
    TypeError,
    'Cannot open slide "http://": it is not a URL',
  );
  for (const remote of [{ timeout: 0 }, { attempts: 0 }, { cacheBytes: -1 }]) {
    await assertRejects(
      () => openSlide("http://127.0.0.1/a.svs", { remote }),
      RangeError,
      "Cannot open a slide: remote.",
    );
  }
});

Deno.test("readRegion() says what is wrong where a server fails in mid-slide, and stops at once where it is told to", async () => {
  let mood: "well" | "cut" | "silent" = "well";
  await using server = startRangeServer(file, ({ start, end }) => {
    if (mood === "well") return undefined;
    const size = mood === "cut" ? start + 5000 : file.length;
    const stop = Math.min(end, size);
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(file.slice(start, Math.min(stop, start + 900)));
        if (mood === "cut") controller.close();
      },
    });
    return new Response(body, {
      status: 206,
      headers: rangeResponse(file.slice(0, size), { start, end: stop }).headers,
    });
  });
  const remote = { timeout: 200, attempts: 2 };
  await using slide = await openSlide(server.url, { remote });
  const read = (y: number, signal?: AbortSignal) =>
    slide.readRegion({ x: 0, y, width: 64, height: 64 }, { signal });
  await read(0);
  mood = "cut";
  const where = /^Cannot read block at 0, \d+ of level 0 of slide "a slide": /;
  const cut = await assertRejects(() => read(320), Error);
  assert(where.test(cut.message), cut.message);
  assert(/sent 900 of 5000 bytes/.test(cut.message), cut.message);
  mood = "silent";
  const silent = await assertRejects(() => read(512), Error);
  assert(where.test(silent.message), silent.message);
  assert(/sends nothing: gave up after 0.2 s/.test(silent.message));
  const reason = new Error("enough");
  const controller = new AbortController();
  const reading = assertRejects(() => read(640, controller.signal));
  setTimeout(() => controller.abort(reason), 20);
  assertEquals(await reading, reason);
  // And it recovers.
  mood = "well";
  assertEquals((await read(320)).length, 64 * 64 * 3);
});

Deno.test("openSlide() reads a File as it reads a Blob", async () => {
  const picked = new File([file], "picked.ome.tif", { lastModified: 7 });
  await using slide = await openSlide(picked);
  assertEquals([slide.name, slide.version], ["picked.ome", `${file.length} 7`]);
});
