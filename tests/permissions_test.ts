// Runs under the narrowest permissions: those that a test names replace what `deno test` was given.
import { assertEquals, assertMatch } from "@std/assert";
import project from "../deno.json" with { type: "json" };
import { main } from "../src/cli/main.ts";
import { openSlide } from "../src/slide/open_slide.ts";
import { encodePhoto } from "../src/masks/pictures/encode_photo.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import { makeTiff } from "./helpers/make_tiff.ts";

const golden = new URL("golden/", import.meta.url);
const NAMES = [
  "pictures/cmyk.jpg",
  "pictures/rgb16.png",
  "pictures/ycbcr.jpg",
  "tiff/jpeg_ycbcr_tiles.tif",
  "tiff/lerc_deflate_tiles.tif",
  "tiff/lerc_tiles.tif",
  "tiff/lerc_zstd_tiles.tif",
  "tiff/lzw_tiles.tif",
  "tiff/packbits_tiles.tif",
  "tiff/rgb.j2k",
  "tiff/webp_tiles.tif",
  "tiff/zstd_tiles.tif",
];

for (const name of NAMES) {
  const path = new URL(name, golden);
  Deno.test({
    name: `openSlide() decodes ${name} with permission to read that file alone`,
    permissions: { read: [path] },
    async fn() {
      const source = name.endsWith(".j2k")
        ? new Blob([await wrap(await Deno.readFile(path))])
        : path;
      await using slide = await openSlide(source, { threads: 0 });
      const { width, height } = slide;
      const region = { x: 0, y: 0, width, height };
      const pixels = await slide.readRegion(region);
      assertEquals(pixels.length, width * height * 3);
    },
  });
}

Deno.test({
  name: "encodePhoto() encodes JPEG without any permission",
  permissions: "none",
  async fn() {
    const size = { width: 64, height: 64 };
    const jpeg = await encodePhoto(new Uint8Array(64 * 64 * 3), size);
    assertEquals([...jpeg.subarray(0, 2)], [0xff, 0xd8]);
  },
});

for (
  const [line, flags] of [
    ["infer a.tif --weights w --out out", "--allow-read=out --allow-write=out"],
    ["evaluate a.tif --labels l --weights w --out out", "--allow-read=out"],
    [
      "tile a.tif --labels l --out data/tiles",
      "--allow-read=data --allow-write=data",
    ],
    [
      "train --slides s --labels l --out run",
      "--allow-read=run --allow-write=run",
    ],
    ["view a.tif --results out", "--allow-read=out"],
    ["view a.tif --edit --corrected out", "--allow-read=out --allow-write=out"],
  ] as const
) {
  Deno.test({
    name: `tilewise ${
      line.split(" ")[0]
    } says at once which permission is missing`,
    permissions: "none",
    async fn() {
      const { code, error } = await captureConsole(() => main(line.split(" ")));
      assertEquals(code, 1);
      assertMatch(
        error,
        new RegExp(`^tilewise: Cannot [^\\n]*${flags}[^\\n]*\\n$`),
      );
    },
  });
}

Deno.test("infer asks for network and environment only when --live, --tune, a URL or a model on a server needs them", async () => {
  const { request } = Deno.permissions;
  const asked: string[] = [];
  Deno.permissions.request = ((about: Deno.PermissionDescriptor) => {
    if (about.name === "net") asked.push(`net ${about.host}`);
    if (about.name === "env") asked.push(`env ${about.variable}`);
    const state = asked.length > 0 ? "denied" : "granted";
    return Promise.resolve({ state });
  }) as unknown as typeof request;
  try {
    const out = await Deno.makeTempDir();
    const flags = ["--weights", "absent.pth", "--out", out, "--overwrite"];
    const run = async (...more: string[]) => {
      asked.length = 0;
      const { code, error } = await captureConsole(() =>
        main(["infer", ...more, ...flags])
      );
      assertEquals(code, 1);
      return { asked: [...asked], error };
    };
    assertEquals((await run("absent.tif")).asked, []);
    assertEquals(await run("absent.tif", "--live"), {
      asked: ["net 127.0.0.1:0"],
      error:
        "tilewise: Cannot serve the live page: permission is missing; run with --allow-net=127.0.0.1\n",
    });
    const tuned = await run("absent.tif", "--tune");
    assertEquals(tuned.asked, [
      "env HOME",
      "env XDG_CACHE_HOME",
      "env LOCALAPPDATA",
    ]);
    assertMatch(
      tuned.error,
      /run with --allow-env=HOME,XDG_CACHE_HOME,LOCALAPPDATA\n$/,
    );
    const remote = await run("https://slides.example.org/a.svs");
    assertEquals(remote.asked, ["net slides.example.org:443"]);
    const infer = async (...more: string[]) => {
      asked.length = 0;
      const args = ["infer", "absent.tif", "--out", out, "--overwrite"];
      const { error } = await captureConsole(() => main([...args, ...more]));
      return { asked: [...asked], error };
    };
    assertEquals((await infer("--model", "absent")).asked, []);
    const kept = await infer("--model", "hf:a/b");
    assertEquals(kept.asked, tuned.asked);
    assertEquals(
      kept.error,
      "tilewise: Cannot keep a model from a server: the user's cache folder is unknown; give a folder with --cache DIR, or run with --allow-env=HOME,XDG_CACHE_HOME,LOCALAPPDATA\n",
    );
    assertEquals(await infer("--model", "hf:a/b", "--cache", out), {
      asked: ["net huggingface.co:443"],
      error:
        "tilewise: Cannot fetch a model: permission is missing; run with --allow-net='huggingface.co,*.hf.co'\n",
    });
    await Deno.remove(out);
  } finally {
    Deno.permissions.request = request;
  }
});

Deno.test("Tasks grant no more of network, environment and system than every run needs", () => {
  const granted = Object.entries(project.tasks).flatMap(([name, { command }]) =>
    / src\/cli\/main\.ts \w+(?: --edit)?$/.test(command)
      ? [[
        name,
        ...command.match(/--allow-(?!read\b|write\b)\S+/g) ?? [],
      ].join(" ")]
      : []
  );
  // Results record the backend and, where a task writes a record of the run, the machine.
  const backend = "--allow-env=DENO_WEBGPU_BACKEND";
  // The CPU backend is native code of one package, whose folder alone may be loaded.
  const onCpu = `${backend},ORT_DISABLE_TELEMETRY`;
  const ffi = "--allow-ffi=$(deno";
  // What a scheduler gave.
  const slurm = "SLURM_CPUS_PER_TASK,SLURM_ARRAY_TASK_ID," +
    "SLURM_ARRAY_TASK_COUNT,SLURM_ARRAY_TASK_MIN,SLURM_ARRAY_TASK_MAX";
  assertEquals(granted, [
    `infer ${onCpu},${slurm} --allow-sys=hostname ${ffi}`,
    "tile",
    `train ${backend}`,
    "view --allow-net=127.0.0.1",
    "correct --allow-net=127.0.0.1",
    `evaluate ${onCpu} --allow-sys=hostname ${ffi}`,
    "export",
    `model ${onCpu} ${ffi}`,
    "inspect",
    "plan",
    "status",
    "merge --allow-sys=hostname",
  ]);
});

/** A JPEG 2000 stream as the one block of a TIFF. */
async function wrap(
  block: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const page = { width: 24, height: 20, pixels: new Uint8Array() };
  return await makeTiff([{ ...page, blocks: [block], tags: { 259: 34712 } }]);
}
