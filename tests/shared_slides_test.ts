// Real files, which are not part of the project: see the README of the folder they lie in.
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
} from "@std/assert";
import { openSlide } from "../src/slide/open_slide.ts";
import { keepTissue } from "../src/tiles/keep_tissue.ts";
import { streamTiles } from "../src/tiles/stream_tiles.ts";
import { readSafetensors } from "../src/weights/read_safetensors.ts";

const shared = new URL("../../shared/", import.meta.url);
const exists = (path: string): boolean => {
  try {
    return Deno.statSync(new URL(path, shared)) !== null;
  } catch {
    return false;
  }
};
const list = (path: string): string[] =>
  exists(path)
    ? [...Deno.readDirSync(new URL(path, shared))].map(({ name }) => name)
      .sort()
    : [];

interface Decoded {
  width: number;
  height: number;
  compression: string;
  sha256_rgb: string;
  mean_rgb: number[];
}

/** Opens a file and reads all of it; an error must be one short line. */
async function readOrRefuse(
  path: string,
): Promise<{ width: number; height: number; pixels: Uint8Array } | string> {
  try {
    await using slide = await openSlide(new URL(path, shared));
    const { width, height } = slide;
    const pixels = await slide.readRegion({ x: 0, y: 0, width, height });
    return { width, height, pixels };
  } catch (error) {
    assert(error instanceof Error);
    assert(
      !error.message.includes("\n") && error.message.length < 400,
      error.message,
    );
    return error.message;
  }
}

/** Reads a file in tiles, as inference does; an error must be one short line. */
async function streamOrRefuse(path: string): Promise<void> {
  try {
    await using slide = await openSlide(new URL(path, shared));
    // deno-lint-ignore no-empty
    for await (const _ of keepTissue(streamTiles(slide))) {}
  } catch (error) {
    assert(error instanceof Error && /^Cannot .{1,400}$/.test(error.message));
  }
}

function meanOf(pixels: Uint8Array): number[] {
  const sums = [0, 0, 0];
  for (let i = 0; i < pixels.length; i++) sums[i % 3] += pixels[i];
  return sums.map((sum) => sum * 3 / pixels.length);
}

const tiffs = "data/tiff/";
Deno.test({
  name:
    "openSlide() decodes the shared TIFFs as Pillow does, or names what it does not read (needs ../shared)",
  ignore: !exists(`${tiffs}decoded.json`),
  async fn(): Promise<void> {
    const text = await Deno.readTextFile(
      new URL(`${tiffs}decoded.json`, shared),
    );
    const decoded: Record<string, Decoded> = JSON.parse(text);
    const refused: Record<string, string> = {};
    for (const name of list(tiffs).filter((name) => !name.endsWith(".json"))) {
      const result = await readOrRefuse(tiffs + name);
      if (typeof result === "string") {
        refused[name] = result.replace(/^.*?": /, "");
        continue;
      }
      const oracle = decoded[name];
      if (!oracle) continue;
      assertEquals(
        [result.width, result.height],
        [oracle.width, oracle.height],
        name,
      );
      if (oracle.compression === "jpeg") {
        meanOf(result.pixels).forEach((mean, c) =>
          assertAlmostEquals(mean, oracle.mean_rgb[c], 0.2, name)
        );
      } else {
        const digest = await crypto.subtle.digest(
          "SHA-256",
          new Uint8Array(result.pixels),
        );
        assertEquals(new Uint8Array(digest).toHex(), oracle.sha256_rgb, name);
      }
    }
    const reasons = Object.entries(refused).map(([name, reason]) => [
      name,
      reason.replace(/, and it is ambiguous.*| \(photometric.*/, ""),
    ]);
    assertEquals(Object.fromEntries(reasons), {
      "shapes_hyper.tif":
        "the meaning of its 7 samples per pixel is not defined",
      "shapes_multi_color.tif": "it contains 5 pages of one size",
      "shapes_tiled_multi.tif": "it contains 3 pages of one size",
      "tiff_with_subifd_chain.tif": "it contains 2 pages of one size",
      "tiff_overflow_rows_per_strip.tif":
        "its picture has 3 blocks, but the file lists 39 offsets and 39 byte counts",
    });
  },
});

Deno.test({
  name:
    "openSlide() ends quietly and soon on every shared malformed file (needs ../shared)",
  ignore: !exists("data/malformed"),
  async fn(): Promise<void> {
    const printed: unknown[] = [];
    const { warn, error, log } = console;
    const before = Deno.memoryUsage().rss;
    console.warn = console.error = console.log = (...args) =>
      void printed.push(args);
    try {
      for (const name of list("data/malformed/")) {
        const start = performance.now();
        await readOrRefuse(`data/malformed/${name}`);
        await streamOrRefuse(`data/malformed/${name}`);
        assertLess(performance.now() - start, 10_000, name);
        assertLess(Deno.memoryUsage().rss - before, 2 ** 30, name);
      }
    } finally {
      Object.assign(console, { warn, error, log });
    }
    assertEquals(printed, []);
  },
});

Deno.test({
  name:
    "openSlide() opens the shared OME-TIFFs, or says why not (needs ../shared)",
  ignore: !exists("data/slides"),
  async fn(): Promise<void> {
    const tiled = new URL(
      "data/slides/pyramid7_tile512.multi-channel.ome.tif",
      shared,
    );
    await using slide = await openSlide(tiled);
    assertEquals(slide.levels.map((level) => level.width), [
      439,
      219,
      109,
      54,
      27,
      13,
      6,
      3,
    ]);
    const signed = await readOrRefuse(
      "data/slides/viv_multi-channel_deflate.ome.tif",
    );
    assert(
      typeof signed === "string" &&
        signed.includes("signed samples are not supported"),
    );
  },
});

Deno.test({
  name:
    "openSlide() decodes alike what encodes one picture in many ways (needs ../shared)",
  ignore: !exists(tiffs),
  async fn(): Promise<void> {
    const read = async (name: string): Promise<Uint8Array> => {
      const result = await readOrRefuse(tiffs + name);
      assert(typeof result !== "string", String(result));
      return result.pixels;
    };
    const shapes = await read("shapes_uncompressed.tif");
    for (
      const name of list(tiffs).filter((name) => name.startsWith("shapes_"))
    ) {
      // A smaller picture, one of fewer colors, and those that are refused.
      if (/half|palette|hyper|multi_color|tiled_multi/.test(name)) continue;
      const pixels = await read(name);
      const most = name === "shapes_jpg.tif" ? 1 : 0;
      const error = pixels.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - shapes[i])),
        0,
      );
      assertLess(error, most + 1, name);
    }
    // Pillow's means; the first holds 16 bits, the others JPEG.
    for (const kind of ["strip_cmyk_16l", "strip_cmyk", "tiled_cmyk"]) {
      meanOf(await read(`tiff_${kind}_jpeg.tif`)).forEach((mean, c) =>
        assertAlmostEquals(mean, [30.2318, 5.4428, 7.3832][c], 0.03, kind)
      );
    }
  },
});

Deno.test({
  name:
    "openSlide() opens the shared cases as they are, or refuses them (needs ../shared)",
  ignore: !exists("data/cases/check.ts"),
  async fn(): Promise<void> {
    const root = new URL("../", import.meta.url);
    const { stdout, stderr } = await new Deno.Command("deno", {
      cwd: root,
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--config=deno.json",
        "--allow-read",
        "../shared/data/cases/check.ts",
        "mod.ts",
      ],
    }).output();
    const text = new TextDecoder();
    // What is expected of one file is its pages in their order, against its TiffData: tifffile reads it as we do.
    const lines = text.decode(stdout).trim().split("\n").filter((line) =>
      !/^ome_permuted|^1 of \d+ cases differ/.test(line)
    );
    assertEquals(lines, [], text.decode(stderr));
  },
});

const small = "data/slides/CMU-1-Small-Region.svs";
const blocksFile = "golden/slides/CMU-1-Small-Region_blocks.safetensors";
Deno.test({
  name:
    "openSlide() reads the shared Aperio slide as OpenSlide does (needs ../shared)",
  ignore: !exists(small) || !exists(blocksFile),
  async fn(): Promise<void> {
    await using slide = await openSlide(new URL(small, shared));
    assertEquals([slide.width, slide.height, slide.levels.length], [
      2220,
      2967,
      1,
    ]);
    assertEquals(slide.mpp, { x: 0.499, y: 0.499 });
    const bytes = await Deno.readFile(new URL(blocksFile, shared));
    const [means] = readSafetensors(bytes).values();
    const [rows, columns] = means.shape;
    const golden = new Float32Array(means.data.slice().buffer);
    const width = columns * 32;
    for (let row = 0; row < rows; row++) {
      const band = await slide.readRegion({
        x: 0,
        y: row * 32,
        width,
        height: 32,
      });
      const sums = new Float64Array(columns * 3);
      band.forEach((value, i) => {
        sums[(Math.floor(i / 3) % width >> 5) * 3 + i % 3] += value;
      });
      sums.forEach((sum, i) =>
        assertAlmostEquals(
          sum / 1024,
          golden[row * columns * 3 + i],
          0.5,
          `${row}, ${i}`,
        )
      );
    }
  },
});

const golden = "golden/slides/tissue_700x900";
Deno.test({
  name:
    "streamTiles() and keepTissue() find the tiles of the shared golden runs (needs ../shared)",
  ignore: !exists(`${golden}.tif`),
  async fn(): Promise<void> {
    await using slide = await openSlide(new URL(`${golden}.tif`, shared));
    for (const run of ["plain", "unext50", "ensemble_tta"]) {
      const text = await Deno.readTextFile(
        new URL(`${golden}_${run}.json`, shared),
      );
      const { kept, options } = JSON.parse(text);
      const { tile: size, expansion, reduce: downsample } = options;
      const tiles = streamTiles(slide, { size, expansion, downsample });
      const found = await Array.fromAsync(
        keepTissue(tiles),
        ({ x, y }) => [y, x],
      );
      assertEquals(found, kept);
    }
  },
});
