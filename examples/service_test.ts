import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { loadModel } from "../src/predict/load_model.ts";
import { makeTiff } from "../tests/helpers/make_tiff.ts";
import { noise } from "../tests/helpers/noise.ts";
import { syntheticStateDict } from "../tests/helpers/synthetic_state_dict.ts";
import { tinyUnext } from "../tests/helpers/tiny_unext.ts";
import { createService, findObjects } from "./service.ts";
import { openSlide } from "../src/slide/open_slide.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-service-" });
const model = await loadModel(tinyUnext, [
  syntheticStateDict(tinyUnext, { bias: 1 }),
]);
Deno.test.afterAll(async () => {
  await model[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});

async function writeSlide(
  name: string,
  [width, height]: readonly [number, number],
) {
  const pixels = noise(width, height, 3);
  await Deno.writeFile(
    `${folder}/${name}`,
    await makeTiff([{ width, height, pixels }]),
  );
}
await writeSlide("small slide.tif", [150, 110]);
await writeSlide("large.tif", [640, 1280]);
await Deno.writeTextFile(`${folder}/text.tif`, "This is not a slide.\n");

const tiles = { size: 64, expansion: 32, downsample: 1 };

/** Serves for as long as a test lasts. */
function serve() {
  const service = createService(model, { folder, tiles });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    service,
  );
  return {
    get: (path: string, init?: RequestInit) =>
      fetch(`http://127.0.0.1:${server.addr.port}${path}`, init),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function lines(
  response: Response,
): Promise<{ type: string; [key: string]: unknown }[]> {
  return (await response.text()).trim().split("\n").map((line) =>
    JSON.parse(line)
  );
}

Deno.test("The service streams a slide's objects, as the library finds them", async () => {
  await using service = serve();
  assertEquals(await (await service.get("/")).json(), [
    "large.tif",
    "small slide.tif",
    "text.tif",
  ]);
  const [head, ...rest] = await lines(
    await service.get("/objects/small%20slide.tif"),
  );
  assertEquals([head.type, head.name, head.width, head.tiles], [
    "slide",
    "small slide",
    150,
    6,
  ]);
  await using slide = await openSlide(`${folder}/small slide.tif`);
  const expected = await Array.fromAsync(findObjects(slide, model, { tiles }));
  assert(expected.length > 0);
  assertEquals(rest.at(-1), { type: "done", objects: expected.length });
  assertEquals(
    rest.slice(0, -1).map(({ object }) => object),
    JSON.parse(JSON.stringify(expected)),
  );
});

Deno.test("The service serves its folder alone, and says in the last line what failed", async () => {
  await using service = serve();
  for (
    const path of [
      "/objects/none.tif",
      "/objects/..%2Fmod.ts",
      "/objects/%2Fetc%2Fpasswd",
      "/objects/",
      "/x",
    ]
  ) {
    const response = await service.get(path);
    assertEquals(response.status, 404, path);
    await response.body?.cancel();
  }
  const [{ type, message }] = await lines(
    await service.get("/objects/text.tif"),
  );
  assertEquals(type, "error");
  assertMatch(String(message), /slide "?text\.tif/);
});

Deno.test("The service works on some slides at a time, lets some wait, and turns the rest away", async () => {
  // The handler itself: over a connection the first answer could be whole before the third is requested.
  const service = createService(model, {
    ...{ folder, tiles },
    ...{ running: 1, waiting: 1, ahead: 0 },
  });
  const get = (path: string) =>
    service(new Request(`http://127.0.0.1/objects/${path}`));
  const first = await get("large.tif");
  const reader = first.body!.getReader();
  await reader.read(); // it has begun
  const second = lines(await get("small%20slide.tif"));
  const third = await get("small%20slide.tif");
  assertEquals([third.status, third.headers.get("retry-after")], [503, "30"]);
  await third.body?.cancel();
  // The client leaves in the middle; whoever waits is next.
  await reader.cancel();
  assertEquals((await second).at(-1)?.type, "done");
  assertEquals(
    (await lines(await get("small%20slide.tif"))).at(-1)?.type,
    "done",
  );
});

Deno.test("The service lets nobody wait for a client that does not read", async () => {
  const service = createService(model, {
    ...{ folder, tiles },
    ...{ running: 1, ahead: 0, patience: 20 },
  });
  const get = (path: string) =>
    service(new Request(`http://127.0.0.1/objects/${path}`));
  const reader = (await get("large.tif")).body!.getReader();
  await reader.read(); // and no more
  const next = await lines(await get("small%20slide.tif"));
  assertEquals(next.at(-1)?.type, "done");
  await assertRejects(() => reader.read(), Error, "does not read its answer");
});

Deno.test("The service finishes an answer while its client reads slowly", async () => {
  const service = createService(model, { folder, tiles, running: 1 });
  const get = (path: string) =>
    service(new Request(`http://127.0.0.1/objects/${path}`));
  const slow = await get("small%20slide.tif");
  const next = await lines(await get("small%20slide.tif"));
  assertEquals(next.at(-1)?.type, "done");
  assertEquals((await lines(slow)).at(-1)?.type, "done");
});
