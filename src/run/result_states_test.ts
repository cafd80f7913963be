import { assertEquals } from "@std/assert";
import { ResultStates } from "./result_states.ts";

const summary = (name: string, count: number) =>
  JSON.stringify({
    slide: { name, width: 10, height: 5 },
    objects: { count },
    tiles: { seen: 1 },
    positiveFraction: 0.5,
  });

Deno.test("ResultStates follows results as they are written, replaced and removed", async () => {
  const out = await Deno.makeTempDir({ prefix: "tilewise-states-" });
  try {
    const states = new ResultStates(out, [["x"], ["f/y", "y"], ["z"], []]);
    assertEquals(await states.read(), [{}, {}, {}, {}]);
    await Deno.writeTextFile(`${out}/.x.lock`, "{}");
    await Deno.writeTextFile(`${out}/y.json`, summary("y", 3));
    await Deno.writeTextFile(`${out}/z.geojson`, "{}");
    await Deno.writeTextFile(`${out}/z.json`, summary("another", 3));
    const y = { objects: 3, positiveFraction: 0.5 };
    const z = { objects: undefined, positiveFraction: undefined };
    assertEquals(await states.read(), [
      { state: "running" },
      { state: "done", ...y },
      { state: "done", ...z },
      {},
    ]);
    assertEquals([await states.find(1), await states.find(2)], [
      { place: "y", hasLayers: false }, // numbers alone are not shown
      { place: "z", hasLayers: true },
    ]);
    // A run that was killed counts no longer.
    const long = new Date(Date.now() - 60_000);
    await Deno.utime(`${out}/.x.lock`, long, long);
    await Deno.utime(out, long, long);
    for (let i = 0; i < 2; i++) {
      assertEquals((await states.read()).map(({ state }) => state), [
        ...[undefined, "done", "done", undefined],
      ]);
    }
    await Deno.remove(`${out}/y.json`);
    await Deno.mkdir(`${out}/f`);
    await Deno.writeTextFile(`${out}/f/y.json`, summary("y", 4));
    await Deno.writeTextFile(`${out}/f/y.mask.tif`, "");
    await Deno.writeTextFile(`${out}/f/y.corrected.geojson`, "{}");
    const [, state] = await states.read();
    assertEquals(state, { ...y, state: "corrected", objects: 4 });
    const { width, height } = (await states.sizeOf(1))!;
    const { place } = (await states.find(1))!;
    assertEquals([place, width, height], ["f/y", 10, 5]);
  } finally {
    await Deno.remove(out, { recursive: true });
  }
});
