import {
  bandsOf,
  namesIn,
  randomMask,
  streamed,
  withFolder,
} from "../../tests/helpers/masks.ts";
import type { MaskBand, MaskSink } from "./mask_band.ts";
import { OverlaySink } from "./pictures/overlay_sink.ts";
import { Overview } from "./pictures/overview.ts";
import { PngSink } from "./pictures/png_sink.ts";
import { ObjectSink } from "./polygons/object_sink.ts";
import { RleSink } from "./rle/rle_sink.ts";
import type { TileMask } from "./stitch/stitch_bands.ts";
import { TiffSink } from "./tiff/tiff_sink.ts";
import { writeBands, writeMask } from "./write_mask.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fromArrayBuffer } from "geotiff";

const mask = randomMask(40, 30, { seed: 1, density: 0.3 });

function allSinks(folder: string): MaskSink[] {
  return [
    new RleSink(`${folder}/a.rle.csv`, { id: "a", ...mask }),
    new TiffSink(`${folder}/a.mask.tif`, mask),
    new PngSink(`${folder}/a.mask.png`, mask),
    new OverlaySink(`${folder}/a.overlay.png`, {
      overview: new Overview(mask),
    }),
    new ObjectSink({ geojson: `${folder}/a.geojson` }, mask),
  ];
}

function logged(name: string, log: string[], fails?: string): MaskSink {
  const step = (what: string) => () => {
    log.push(`${name} ${what}`);
    return what === fails
      ? Promise.reject(new Error(`${name} fails`))
      : Promise.resolve();
  };
  return {
    open: step("open"),
    write: step("write"),
    close: step("close"),
    abort: step("abort"),
  };
}

Deno.test("writeBands() drives all sinks in one pass", async () => {
  await withFolder(async (folder) => {
    await writeBands(streamed(bandsOf(mask, [7])), allSinks(folder));
    assertEquals(namesIn(folder), [
      "a.geojson",
      "a.mask.png",
      "a.mask.tif",
      "a.overlay.png",
      "a.rle.csv",
    ]);
  });
});

Deno.test("TiffSink writes what is not plain ASCII as references, which XML reads back", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/a.tif`;
    const sink = new TiffSink(path, { ...mask, name: "a ~\x7f<é" });
    await writeBands(streamed(bandsOf(mask)), [sink]);
    const tiff = await fromArrayBuffer((await Deno.readFile(path)).buffer);
    const { fileDirectory } = await tiff.getImage();
    const text = String(await fileDirectory.loadValue("ImageDescription"));
    assertStringIncludes(text, '"a ~&#127;&#60;&#233;');
  });
});

Deno.test("TiffSink writes zeros for bands without probabilities", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/a.tif`;
    const sink = new TiffSink(path, { ...mask, content: "probability" });
    const bands = [...bandsOf(mask, [10])].map((band) =>
      band.y === 10
        ? { ...band, probability8: new Uint8Array(400).fill(7) }
        : band
    );
    await writeBands(streamed(bands), [sink]);
    const tiff = await fromArrayBuffer((await Deno.readFile(path)).buffer);
    const image = await tiff.getImage();
    const data = await image.readRasters({ interleave: true });
    assertEquals(
      Array.from(data as Uint8Array),
      Array.from({ length: 1200 }, (_, i) => i >= 400 && i < 800 ? 7 : 0),
    );
  });
});

Deno.test("writeBands() leaves nothing where the source fails, a sink fails, rows are missing or a signal comes", async () => {
  await withFolder(async (folder) => {
    const failing = async function* (): AsyncGenerator<MaskBand> {
      yield* [...bandsOf(mask, [10])].slice(0, 2);
      throw new Error("source fails");
    };
    await assertRejects(
      () => writeBands(failing(), allSinks(folder)),
      Error,
      "source fails",
    );
    assertEquals(namesIn(folder), []);
    const sinks = [...allSinks(folder), logged("a", [], "write")];
    await assertRejects(
      () => writeBands(streamed(bandsOf(mask, [10])), sinks),
      Error,
      "a fails",
    );
    assertEquals(namesIn(folder), []);
    const short = [...bandsOf(mask, [10])].slice(0, 2);
    for (
      const sink of allSinks(folder)
    ) {
      await assertRejects(
        () => writeBands(streamed(short), [sink]),
        RangeError,
        "30 rows are needed, received 20",
      );
    }
    assertEquals(namesIn(folder), []);
    const controller = new AbortController();
    const aborting = async function* (): AsyncGenerator<MaskBand> {
      for (const band of bandsOf(mask, [10])) {
        if (band.y === 20) controller.abort(new Error("enough"));
        yield band;
      }
    };
    const options = { signal: controller.signal };
    await assertRejects(
      () => writeBands(aborting(), allSinks(folder), options),
      Error,
      "enough",
    );
    assertEquals(namesIn(folder), []);
  });
});

Deno.test("writeBands() opens sinks before it pulls, and ends all when one fails", async () => {
  const log: string[] = [];
  const band = { y: 0, width: 1, height: 1, mask: new Uint8Array(1) };
  const sinks = [logged("a", log), logged("b", log, "open")];
  await assertRejects(
    () => writeBands(streamed([band], () => log.push("source ended")), sinks),
    Error,
    "b fails",
  );
  assertEquals(log, ["a open", "b open", "a abort", "b abort"]);
  log.length = 0;
  const writes = [logged("a", log), logged("b", log, "write")];
  await assertRejects(
    () =>
      writeBands(
        streamed([band, band], () => log.push("source ended")),
        writes,
      ),
    Error,
    "b fails",
  );
  assertEquals(log, [
    "a open",
    "b open",
    "a write",
    "b write",
    "source ended",
    "a abort",
    "b abort",
  ]);
});

function tile(index: number, x: number, y: number): TileMask {
  const position = {
    index,
    column: index % 2,
    row: Math.floor(index / 2),
    x,
    y,
    size: 4,
    expansion: 2,
    downsample: 2,
  };
  return {
    tile: position,
    mask: Uint8Array.from({ length: 64 }, (_, i) => i % 3 === 0 ? 1 : 0),
  };
}

Deno.test("writeMask() writes a slide's tiles as one TIFF", async () => {
  await withFolder(async (folder) => {
    const tiles = [tile(0, -1, -2), tile(3, 7, 6)];
    await writeMask(`${folder}/a.tif`, {
      width: 14,
      height: 12,
      mpp: { x: 1, y: 1 },
    }, streamed(tiles));
    const image = await (await fromArrayBuffer(
      (await Deno.readFile(`${folder}/a.tif`)).buffer,
    )).getImage();
    const data = await image.readRasters({ interleave: true });
    const expected = Array.from({ length: 14 * 12 }, (_, at) => {
      const x = at % 14, y = Math.floor(at / 14);
      const [left, top] = x < 7 ? [-1, -2] : [7, 6];
      if (x < 7 ? y >= 6 : y < 6) return 0;
      return ((y - top) * 8 + x - left) % 3 === 0 ? 255 : 0;
    });
    assertEquals(Array.from(data as Uint8Array), expected);
  });
});

Deno.test("writeMask() leaves nothing on a signal or an error", async () => {
  await withFolder(async (folder) => {
    const controller = new AbortController();
    let ended = 0;
    async function* tiles(): AsyncGenerator<TileMask> {
      try {
        yield tile(0, 0, 0);
        yield tile(2, 0, 8);
        controller.abort(new Error("enough"));
        yield tile(4, 0, 16);
      } finally {
        ended++;
      }
    }
    const slide = { width: 8, height: 24 };
    const path = `${folder}/a.tif`;
    await assertRejects(
      () => writeMask(path, slide, tiles(), { signal: controller.signal }),
      Error,
      "enough",
    );
    await assertRejects(
      () => writeMask(path, slide, streamed([tile(2, 0, 8), tile(0, 0, 0)])),
      RangeError,
    );
    await assertRejects(
      () => writeMask(`${folder}/none/a.tif`, slide, tiles()),
      Error,
      "Cannot write",
    );
    assertEquals([namesIn(folder), ended], [[], 1]);
  });
});
