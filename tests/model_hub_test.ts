// Models on servers: the hub, whose names are led to this machine, and a plain server; what is kept, and what is refused.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { main } from "../src/cli/main.ts";
import { MAX_MODEL_BYTES, MAX_MODEL_JSON } from "../src/io/limits.ts";
import type { OpenModelOptions } from "../src/model_folder/fetch_model.ts";
import { modelAddress } from "../src/model_folder/model_address.ts";
import { openModel } from "../src/model_folder/open_model.ts";
import { readNetwork } from "../src/predict/read_network.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import { makeModel, tinyManifest } from "./helpers/make_model.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { HUB, type Misbehave, ModelHub, STORAGE } from "./helpers/model_hub.ts";
import { noise } from "./helpers/noise.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-hub-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));
const [FIRST, SECOND] = ["a".repeat(40), "b".repeat(40)];
const first = await makeModel(`${folder}/first`);
const second = await makeModel(`${folder}/second`, {
  ...tinyManifest,
  version: "1.1.0",
});
const slide = `${folder}/slide.tif`;
await Deno.writeFile(
  slide,
  await makeTiff([{ width: 60, height: 50, pixels: noise(60, 50) }]),
);

let caches = 0;
const newCache = () => `${folder}/cache${++caches}`;

function startHub(): ModelHub {
  const hub = new ModelHub();
  hub.models.set("lab/tiny", [{ commit: FIRST, folder: first }]);
  return hub;
}

/** Opens a model, and keeps what it says. */
async function open(source: string, options: OpenModelOptions) {
  const notices: string[] = [];
  const onNotice = (text: string) => void notices.push(text);
  const opened = await openModel(source, {
    ...{ attempts: 1, onNotice },
    ...options,
  });
  return { opened, notices };
}

Deno.test("openModel() fetches a model of the hub once, and names the commit of a branch", async () => {
  await using hub = startHub();
  const cache = newCache();
  const { opened, notices } = await open("hf:lab/tiny", { cache });
  assertEquals(opened.manifest, tinyManifest);
  assertEquals(opened.source, `hf:lab/tiny@${FIRST}`);
  const moving =
    `The model is that of "main", which may move, and is commit ${FIRST} now: --model hf:lab/tiny@${FIRST} stays the same`;
  const size = (tinyManifest.weights[0].bytes / 1e6).toFixed(1);
  assertEquals(notices, [
    moving,
    `Fetching weights.safetensors (${size} MB) from huggingface.co`,
  ]);
  assertEquals(hub.asked, [HUB, STORAGE]);
  const api = "/api/resolve-cache/models/lab/tiny";
  const { sha256 } = tinyManifest.weights[0];
  assertEquals(hub.requests, [
    `${HUB} /lab/tiny/resolve/main/model.json`,
    `${HUB} ${api}/${FIRST}/model.json`,
    `${HUB} /lab/tiny/resolve/${FIRST}/weights.safetensors`,
    `${STORAGE} /lab/tiny/${FIRST}/${sha256}`,
  ]);
  hub.requests.length = hub.asked.length = 0;

  // The commit is known: nothing is asked for, nobody is asked.
  const fixed = await open(opened.source, { cache });
  assertEquals(fixed.opened.weights, opened.weights);
  assertEquals([hub.requests, hub.asked, fixed.notices], [[], [], []]);

  // The branch has moved: files of the same digest are there already.
  hub.models.set("lab/tiny", [
    { commit: FIRST, folder: first },
    { commit: SECOND, folder: second },
  ]);
  const moved = await open("hf:lab/tiny@main", { cache });
  assertEquals(moved.opened.manifest.version, "1.1.0");
  assertEquals(moved.notices, [moving.replaceAll(FIRST, SECOND)]);
  assertEquals(moved.opened.weights, opened.weights);
  assertEquals(
    (await open(opened.source, { cache })).opened.title,
    "Tiny 1.0.0",
  );
});

Deno.test("openModel() takes the copy in the cache where the server cannot be asked, and says so", async () => {
  await using hub = startHub();
  const cache = newCache();
  await open("hf:lab/tiny", { cache });
  const copy = `using the copy in the cache, Tiny 1.0.0 of commit ${FIRST}`;
  hub.isOffline = true;
  assertEquals((await open("hf:lab/tiny", { cache })).notices, [
    `huggingface.co could not be asked for hf:lab/tiny@main ("model.json": the connection failed: dns error: failed to lookup address information): ${copy}`,
  ]);
  hub.isOffline = false;
  hub.allowed = [];
  assertEquals((await open("hf:lab/tiny", { cache })).notices, [
    `huggingface.co could not be asked for hf:lab/tiny@main (permission is missing; run with --allow-net='huggingface.co,*.hf.co'): ${copy}`,
  ]);
  assertEquals(
    (await open(`hf:lab/tiny@${FIRST}`, { cache })).notices,
    [],
  );
  await assertRejects(
    () => open("hf:lab/tiny", { cache: newCache() }),
    Deno.errors.NotCapable,
    "permission is missing; run with --allow-net='huggingface.co,*.hf.co'",
  );
  hub.allowed = [HUB];
  await assertRejects(
    () => open("hf:lab/tiny", { cache: newCache() }),
    Error,
    `"weights.safetensors": reading from ${STORAGE} is not allowed: run with --allow-net='huggingface.co,*.hf.co'`,
  );
  hub.allowed = [HUB, "*.hf.co"];
  // An answer is not silence.
  hub.models.clear();
  await assertRejects(
    () => open("hf:lab/tiny", { cache }),
    Error,
    "there is no such model, or it is not public",
  );
});

Deno.test("openModel() writes to no cache that has a model, and needs no permission to", async () => {
  await using hub = startHub();
  const cache = newCache();
  await open("hf:lab/tiny", { cache });
  const { request } = Deno.permissions;
  Deno.permissions.request =
    ((about: Deno.PermissionDescriptor) =>
      about.name === "write"
        ? Promise.resolve({ state: "denied" })
        : request.call(Deno.permissions, about)) as typeof request;
  try {
    const { notices } = await open(`hf:lab/tiny@${FIRST}`, { cache });
    assertEquals(notices, []);
    const missing = `permission is missing; run with --allow-write=${cache}`;
    const moving = await open("hf:lab/tiny", { cache });
    assert(moving.notices[0].includes(`(${missing}): using the copy`));
    assertEquals(hub.requests.length, 4);
  } finally {
    Deno.permissions.request = request;
  }
  const times = async () =>
    await Array.fromAsync(
      Deno.readDir(`${cache}/addresses`),
      ({ name }) => Deno.statSync(`${cache}/addresses/${name}`).ino,
    );
  const before = await times();
  await open("hf:lab/tiny", { cache });
  assertEquals(await times(), before);
});

Deno.test("openModel() compares what is kept with its digest, and fetches it again", async () => {
  await using hub = startHub();
  const cache = newCache();
  const source = `hf:lab/tiny@${FIRST}`;
  const { opened: { weights: [path] } } = await open(source, { cache });
  const bytes = await Deno.readFile(path);
  await Deno.writeFile(path, bytes.map((byte, i) => i === 900 ? ~byte : byte));
  hub.isOffline = true;
  await assertRejects(
    () => open(source, { cache }),
    Error,
    'of the copy in the cache, "weights.safetensors" is another file than the one packed',
  );
  hub.isOffline = false;
  await open(source, { cache });
  assertEquals(await Deno.readFile(path), bytes);
});

Deno.test("openModel() refuses the model.json of another commit than the one asked for", async () => {
  await using hub = startHub();
  const headers = { "x-repo-commit": SECOND };
  hub.misbehave = () => Response.json(tinyManifest, { headers });
  await assertRejects(
    () => open(`hf:lab/tiny@${FIRST}`, { cache: newCache() }),
    Error,
    `its server sent that of another commit, ${SECOND}`,
  );
});

Deno.test("openModel() sends headers to the first host alone", async () => {
  await using hub = startHub();
  const headers = { Authorization: "Bearer key" };
  await open("hf:lab/tiny", { cache: newCache(), headers });
  assertEquals(new Set(hub.sent), new Set([`${HUB} Bearer key`]));
  assertEquals(hub.requests.length, 4);
});

Deno.test("openModel() says in a line what is wrong with an answer, and keeps nothing of it", async () => {
  const on = (name: string, answer: () => Response): Misbehave => (_, place) =>
    place.path.endsWith(name) ? answer() : undefined;
  const stored = (answer: () => Response): Misbehave => (_, { host }) =>
    host === STORAGE ? answer() : undefined;
  const redirect = (location: string) => () =>
    new Response(null, { status: 302, headers: { location } });
  const weights = await Deno.readFile(`${first}/weights.safetensors`);
  const html = () =>
    new Response("<!doctype html>", {
      headers: { "content-type": "text/html" },
    });
  const broken = () =>
    new Response(
      new ReadableStream({
        pull(controller): void {
          controller.enqueue(weights.subarray(0, 1000));
          controller.error(new Error("cut"));
        },
      }),
    );
  const manifest = (changes: object) =>
    on("model.json", () => Response.json({ ...tinyManifest, ...changes }));
  const [file] = tinyManifest.weights;
  const elsewhere =
    "which is not followed: its files come from huggingface.co and *.hf.co alone";
  const cases: [Misbehave, string][] = [
    [on("model.json", html), '"model.json": its server sent a web page'],
    [on("model.json", () => new Response("<html>")), "is not JSON"],
    [
      on("model.json", () => new Response(" ".repeat(MAX_MODEL_JSON + 1))),
      "its server sent more than 1048576 bytes",
    ],
    [
      on("model.json", () => new Response(null, { status: 401 })),
      '"model.json": its server answers 401 Unauthorized: there is no such model, or it is not public',
    ],
    [
      on("model.json", () => new Response(null, { status: 404 })),
      '"model.json": it does not exist: its server answers 404 Not Found',
    ],
    [
      on("model.json", redirect("https://example.org/model.json")),
      `redirects to example.org, ${elsewhere}`,
    ],
    [stored(redirect("https://hf.co.example.org/")), elsewhere],
    [stored(redirect("https://cdn.hf.co:444/")), elsewhere],
    [stored(redirect("http://cdn.hf.co/")), "redirects from https: to http:"],
    [stored(html), '"weights.safetensors": its server sent a web page'],
    [
      stored(() => new Response(weights.subarray(0, 1000))),
      `"weights.safetensors": its server sent 1000 of ${file.bytes} bytes: it is cut short, or another file`,
    ],
    [stored(broken), '"weights.safetensors": the connection failed'],
    [
      stored(() => new Response(new Uint8Array(file.bytes))),
      '"weights.safetensors": its server sent another file than the one packed: its SHA-256 is ',
    ],
    [
      stored(() => new Response(new Uint8Array(file.bytes + 1))),
      `its server sent more than ${file.bytes} bytes`,
    ],
    [
      manifest({ weights: [{ ...file, sha256: undefined }] }),
      "weights[0].sha256 is missing",
    ],
    [
      manifest({ weights: [{ ...file, file: "../../a" }] }),
      "weights[0].file must be a path inside the folder",
    ],
    [
      manifest({ weights: [{ ...file, bytes: MAX_MODEL_BYTES + 1 }] }),
      "its files have 8589934593 bytes, and at most 8589934592 are fetched",
    ],
  ];
  await using hub = startHub();
  for (const [misbehave, message] of cases) {
    hub.misbehave = misbehave;
    const cache = newCache();
    const error = await assertRejects(
      () => open("hf:lab/tiny", { cache }),
      Error,
      message,
    );
    assert(/^Cannot [^\n]*$/.test(error.message), error.message);
    hub.isOffline = true;
    await assertRejects(
      () => open("hf:lab/tiny", { cache }),
      Error,
      "dns error",
    );
    hub.isOffline = false;
  }
});

Deno.test("modelAddress() refuses what is none", () => {
  for (
    const source of [
      ...["hf:", "hf:tiny", "hf:lab/tiny/more", "hf:lab/../tiny", "hf:a/b@"],
      ...["hf:lab/tiny@../main", "hf:lab/ti ny", "hf:.a/b", "hf:a/b@main\n"],
    ]
  ) {
    let message = "";
    try {
      modelAddress(source);
    } catch (error) {
      message = String(error);
    }
    assert(message.includes("is hf:OWNER/NAME or hf:OWNER/NAME@"), message);
  }
  const { urlOf, isFixed } = modelAddress("hf:lab/tiny@refs/pr/1");
  assertEquals(
    [urlOf("model.json").href, isFixed],
    ["https://huggingface.co/lab/tiny/resolve/refs%2Fpr%2F1/model.json", false],
  );
  for (const end of ["/m", "/m/", "/m/model.json"]) {
    const { urlOf, shown } = modelAddress(`https://u:p@a.org${end}?key=1#x`);
    assertEquals(shown, "https://a.org/m/model.json");
    assertEquals(urlOf("w.pth").href, "https://u:p@a.org/m/w.pth?key=1");
  }
});

Deno.test("commands take a model by folder, URL and hf:, and find the same", async () => {
  await using hub = startHub();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      if (search !== "?key=1") return new Response(null, { status: 403 });
      return new Response(await Deno.readFile(first + pathname));
    },
  );
  const cache = newCache();
  const url = `http://127.0.0.1:${server.addr.port}/?key=1`;
  const run = async (...args: string[]) => {
    const ran = await captureConsole(() => main([...args, "--cache", cache]));
    assertEquals(ran.code, 0, ran.error);
    return ran;
  };
  const { label } = await openModel(first);
  const masks: string[] = [];
  for (const [i, model] of [first, url, "hf:lab/tiny"].entries()) {
    const out = `${folder}/by${i}`;
    const { error } = await run(
      ...["infer", slide, "--model", model, "--out", out],
      ...["--format", "rle,json"],
    );
    assertEquals(
      error.trim().split("\n").at(-1),
      "tilewise: Using the scale of downsample 1, tile 32, expansion 32, class cell that Tiny 1.0.0 was trained with",
    );
    masks.push(await Deno.readTextFile(`${out}/slide.rle.csv`));
    const { settings } = JSON.parse(
      await Deno.readTextFile(`${out}/slide.json`),
    );
    assertEquals([settings.model, settings.cache], [label, undefined]);
  }
  assert(/^id,predicted\nslide,\d+ \d+ /.test(masks[0]), masks[0]);
  assertEquals([masks[1], masks[2]], [masks[0], masks[0]]);

  // Now the hub is out of reach, and not needed.
  const model = `hf:lab/tiny@${FIRST}`;
  hub.isOffline = true;
  hub.requests.length = 0;
  const { out } = await run("model", "check", model);
  assert(out.startsWith("Tiny 1.0.0: 1 network, digests match"), out);
  const evaluated = await run(
    ...["evaluate", slide, "--model", model, "--labels", `${folder}/by0`],
    ...["--out", `${folder}/scores`],
  );
  assert(evaluated.out.includes("Dice 1.0000"), evaluated.out);
  const { settings } = JSON.parse(
    await Deno.readTextFile(`${folder}/scores/evaluation.json`),
  );
  assertEquals(
    [settings.threshold, settings.model, settings.cache],
    [0.4, label, undefined],
  );
  const onnx = `${folder}/tiny.onnx`;
  await run("export", "--model", model, "--onnx", onnx, "--quiet");
  const { normalization, training } = await readNetwork(onnx);
  assertEquals(normalization!.mean, [0.5, 0.5, 0.5]);
  assertEquals(training!.classes, ["cell"]);
  const cohort = `${folder}/cohort`;
  await run(
    ...["plan", slide, "--model", model, "--out", cohort],
    ...["--format", "rle,json"],
  );
  await run("infer", "--cohort", cohort, "--shard", "1/1");
  const merged = await captureConsole(() =>
    main(["merge", cohort, "--out", `${folder}/merged`])
  );
  assertEquals(merged.code, 0, merged.error);
  const mask = await Deno.readTextFile(`${folder}/merged/slide.rle.csv`);
  assertEquals(mask, masks[0]);
  assertEquals(hub.requests, []);

  // Another model in the place of the planned one.
  const path = `${cohort}/cohort.json`;
  const plan = JSON.parse(await Deno.readTextFile(path));
  plan.model.source = second;
  await Deno.writeTextFile(path, JSON.stringify(plan));
  const other = await captureConsole(() =>
    main(["infer", "--cohort", cohort, "--shard", "1/1"])
  );
  assertEquals(other.code, 1);
  assert(other.error.includes("has changed since it was planned"), other.error);
});

Deno.test("commands refuse a model beside weights", async () => {
  const [slides, out] = [["a.tif"], ["--out", `${folder}/none`]];
  for (
    const [args, other] of [
      [["infer", ...slides, ...out, "--weights", "w"], "--weights"],
      [["infer", ...slides, ...out, "--arch", "unext50"], "--arch"],
      [["plan", ...slides, ...out, "--weights", "w"], "--weights"],
      [["export", "--onnx", "a.onnx", "--weights", "w"], "--weights"],
    ] as const
  ) {
    const { code, error } = await captureConsole(() =>
      main([...args, "--model", first])
    );
    assertEquals(code, 2);
    assert(error.includes(`--model and ${other} cannot be combined`), error);
  }
});
