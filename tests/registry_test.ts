// What a first-time user does: every command of the documentation that names the registry, from an empty folder, against a
// local registry that serves what `deno publish` would upload.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { writeSafetensors } from "../src/weights/write_safetensors.ts";
import {
  commandBlocks,
  readPage,
  root,
  userPages,
} from "./helpers/markdown.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";
import { startRangeServer } from "./helpers/range_server.ts";
import { syntheticStateDict } from "./helpers/synthetic_state_dict.ts";
import { tinyUnext, tinyUnextOptions } from "./helpers/tiny_unext.ts";

const publish = new URL("../../shared/jsr/publish.sh", import.meta.url);
const slide = new URL(
  "../../shared/data/slides/CMU-1-Small-Region.svs",
  import.meta.url,
);
/** `deno task test:registry` may start a shell, `deno task test` may not. */
const runs = (await Deno.permissions.query({ name: "run", command: "sh" }))
  .state === "granted";
const there = await Deno.stat(publish).then(() => true, () => false);

/** What is added to a command, so that it takes a second: networks and tiles are tiny. */
const SMALL: Record<string, string> = {
  infer: "--tile 64 --expansion 32 --downsample 1",
  tile: "--tile 64 --downsample 1",
  train:
    "--tile 64 --expansion 32 --downsample 1 --arch slides/tiny.json --folds 3 --epochs 1 --batch 8 --no-augment",
};

/** A program of a user's own. */
const program = `import { openSlide } from "@tilewise/tilewise";

await using slide = await openSlide("kidney.svs");
console.log(slide.width, (await slide.readRegion({ x: 0, y: 0, width: 2, height: 2 })).length);
`;

/** One that needs threads; it says how many start. */
const threads = `import { openSlide } from "@tilewise/tilewise";

let ready = 0;
const { Worker } = globalThis;
globalThis.Worker = class extends Worker {
  constructor(url: string | URL, options?: WorkerOptions) {
    super(url, options);
    this.addEventListener("message", ({ data }) => ready += data.ready ? 1 : 0);
  }
};
await using slide = await openSlide("big.svs", { threads: 2, cacheBytes: 0 });
for (let i = 0; i < 100 && ready < 2; i++) {
  await slide.readRegion({ x: 0, y: 0, width: 1500, height: 1500 });
}
console.log(ready);
`;

Deno.test({
  name:
    "Every jsr: line of the documentation works from an empty folder (needs ../shared)",
  ignore: !runs || !there,
  async fn(t) {
    const home = await Deno.makeTempDir({ prefix: "tilewise-registry-" });
    const folder = `${home}/empty`;
    await using server = startRangeServer(await Deno.readFile(golden()));
    await fillFolder(folder);
    await run(`unset JSR_URL; sh ${publish.pathname} ${home}/registry`, {
      cwd: root.pathname,
    });
    const registry = new Deno.Command("sh", {
      args: [
        "-c",
        `unset JSR_URL; ${home}/registry/with-jsr.sh sh -c 'echo $JSR_URL; cat'`,
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    try {
      const env = {
        JSR_URL: await firstLine(registry.stdout),
        DENO_DIR: `${home}/deno`,
        DENO_INSTALL_ROOT: `${home}/install`,
        XDG_CACHE_HOME: `${home}/cache`,
        // Shaders that the driver has compiled before are not what is tried here.
        MESA_SHADER_CACHE_DIR: Deno.env.get("XDG_CACHE_HOME") ??
          `${Deno.env.get("HOME")}/.cache`,
        PATH: `${home}/install/bin:${Deno.env.get("PATH")}`,
      };
      const there = { cwd: folder, env };
      const sh = (line: string) => run(line, there);
      for (const line of await registryLines()) {
        await t.step(line, async () => {
          const [command = ""] =
            line.match(/(?<=(?:cli|tilewise\.js) )[a-z]+/) ?? [];
          if (command === "view") return await look(line, there);
          const small = `${line} ${SMALL[command] ?? ""}`
            .replace(
              "--allow-net=slides.example.org",
              `--allow-net=${server.host}`,
            )
            .replace("https://slides.example.org", `http://${server.host}`);
          const isCompile = line.startsWith("deno compile");
          const { error } = await sh(isCompile ? `${small} || true` : small);
          if (!isCompile) return;
          // Deno gets what it compiles into from its own server.
          if (error.includes("dl.deno.land")) {
            console.log("cannot be tried here");
          } else {assertStringIncludes(
              (await sh("./tilewise --version")).out,
              "tilewise ",
            );}
        });
      }
      await t.step("what came of them", async () => {
        for (const path of ["results", "live", "tuned", "remote", "offline"]) {
          await Deno.stat(`${folder}/${path}/kidney.mask.tif`);
        }
        for (
          const path of [
            "report/evaluation.json",
            "tiles/index.csv",
            "runs/fold0/best.safetensors",
          ]
        ) {
          await Deno.stat(`${folder}/${path}`);
        }
        assertStringIncludes((await sh("tilewise --version")).out, "tilewise ");
        assertEquals(
          (await sh("deno run --allow-read=kidney.svs main.ts")).out,
          "24 12\n",
        );
      });
      await t.step("the bundle of the command line finds the same", () => {
        const [one, other] = ["results", "offline"].map((path) =>
          Deno.readTextFileSync(`${folder}/${path}/kidney.rle.csv`)
        );
        assertEquals(other, one);
      });
      await t.step("the browser bundle has its decoders inside", async () => {
        assert(
          !/^import .* from "(?!https?:)/m.test(
            await Deno.readTextFile(`${folder}/main.js`),
          ),
        );
        assertEquals(
          (await sh("deno run --no-config --allow-read=kidney.svs main.js"))
            .out,
          "24 12\n",
        );
      });
      await t.step(
        "threads start under narrow permissions, and without a network",
        async () => {
          const { out } = await sh(
            "deno run --cached-only --allow-read=big.svs threads.ts",
          );
          assertEquals(out, "2\n");
        },
      );
    } finally {
      await registry.stdin.close();
      await registry.stdout.cancel();
      await registry.status;
      await Deno.remove(home, { recursive: true });
    }
  },
});

function golden(): URL {
  return new URL("golden/tiff/jpeg_ycbcr_tiles.tif", import.meta.url);
}

/** What these commands speak of, and a user's own files. */
async function fillFolder(folder: string): Promise<void> {
  await Deno.mkdir(`${folder}/slides`, { recursive: true });
  await Deno.copyFile(golden(), `${folder}/kidney.svs`);
  await Deno.copyFile(slide, `${folder}/big.svs`);
  for (const name of ["a", "b", "c"]) {
    const pixels = noise(128, 128);
    const tiff = await makeTiff([{ width: 128, height: 128, pixels }]);
    await Deno.writeFile(`${folder}/slides/${name}.tif`, tiff);
  }
  const texts = {
    "deno.json": "{}",
    "main.ts": program,
    "threads.ts": threads,
    "slides/tiny.json": JSON.stringify(tinyUnextOptions),
    "train.csv":
      "id,encoding\nkidney,1 99\na,1 4000\nb,500 7000\nc,2000 3000\n",
  };
  for (const [name, text] of Object.entries(texts)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  const weights = writeSafetensors(syntheticStateDict(tinyUnext));
  await Deno.writeFile(`${folder}/fold0.pth`, weights);
}

/** The commands that name the registry, and those of the same blocks that follow from them. */
async function registryLines(): Promise<string[]> {
  const texts = await Promise.all((await userPages()).map(readPage));
  return texts.flatMap(commandBlocks)
    .filter((lines) => lines.some((line) => line.includes("jsr:")))
    .flat();
}

interface Where {
  readonly cwd: string;
  readonly env?: Record<string, string>;
}

/** Runs a line as a shell would; no terminal is there to answer questions. */
async function run(
  line: string,
  { cwd, env }: Where,
): Promise<{ out: string; error: string }> {
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", line],
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const [out, error] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  assertEquals(code, 0, `${line}\n${error}`);
  return { out, error };
}

/** Runs `view`: its page must be served, and Ctrl-C end it. */
async function look(line: string, { cwd, env }: Where): Promise<void> {
  const [command, ...args] = line.split(" ");
  const view = new Deno.Command(command, {
    ...{ args, cwd, env, stdin: "null", stdout: "piped", stderr: "null" },
  } as Deno.CommandOptions).spawn();
  const [url] = (await firstLine(view.stdout)).match(/http:\S+/)!;
  const page = await fetch(url);
  assertStringIncludes(await page.text(), "<html");
  view.kill("SIGINT");
  assertEquals((await view.status).code, 0);
  await view.stdout.cancel();
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  try {
    const { value } = await reader.read();
    return new TextDecoder().decode(value).split("\n")[0];
  } finally {
    reader.releaseLock();
  }
}
