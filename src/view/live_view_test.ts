import { assertEquals } from "@std/assert";
import { makeTiff } from "../../tests/helpers/make_tiff.ts";
import { LiveView } from "./live_view.ts";

const [width, height] = [40, 30];
const pixels = new Uint8Array(width * height * 3).fill(200);
const slide = new Blob([await makeTiff([{ width, height, pixels }])]);
const tile = {
  ...{ index: 0, column: 0, row: 0, x: 0, y: 0 },
  ...{ size: 16, expansion: 0, downsample: 2 },
};

Deno.test("LiveView shows one run after another, and what has come of it", async () => {
  await using live = new LiveView();
  const get = (path: string) => fetch(live.url + path);
  const json = async (path: string) => await (await get(path)).json();
  const waiting = await get("");
  assertEquals([waiting.status, waiting.headers.get("refresh")], [503, "1"]);
  await waiting.body?.cancel();

  const run = await live.begin(slide, { name: "first" });
  run.begin({ tiles: 3, threshold: 0.4 });
  run.skip();
  const mask = new Uint8Array(32 * 32).fill(1);
  run.add({ tile, mask, probability8: mask.map(() => 200) });
  run.addObject({
    rings: [Int32Array.of(0, 0, 5, 0, 5, 5)],
    area: 12,
    perimeter: 17,
    probability: 0.8,
  });
  const { name, layers, threshold } = await json("slides/0/view.json");
  assertEquals([name, threshold], ["first", 0.4]);
  for (const { id, maxZoom } of layers) {
    const response = await get(`slides/0/tiles/${id}/${maxZoom}/0_0`);
    assertEquals(response.status, 200, id);
    await response.body?.cancel();
  }
  assertEquals((await json("slides/0/objects.json")).objects, [
    { rings: [[0, 0, 5, 0, 5, 5]], area: 12, probability: 0.8 },
  ]);
  const { done, skipped, total, ended, objects, tile: last } = run.live;
  assertEquals([done, skipped, total, ended, objects], [2, 1, 3, false, 1]);
  assertEquals(last, { x: 0, y: 0, side: 32 });
  run.end();
  assertEquals(run.live.ended, true);

  const next = await live.begin(slide, { name: "second" });
  assertEquals(next.live.run, run.live.run + 1);
  assertEquals((await json("slides/0/view.json")).name, "second");
  assertEquals((await json("slides/0/objects.json")).total, 0);
});

Deno.test("LiveView.untilLeft() waits for who looks on, and for nobody else", async () => {
  await using live = new LiveView();
  await live.begin(slide);
  const start = performance.now();
  await live.untilLeft(new AbortController().signal);
  assertEquals(performance.now() - start < 1000, true);
  const events = await fetch(`${live.url}events`);
  const interrupt = new AbortController();
  let left = false;
  const waiting = live.untilLeft(interrupt.signal).then(() => left = true);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assertEquals([live.followed, left], [true, false]);
  interrupt.abort();
  await waiting;
  await events.body?.cancel();
});
