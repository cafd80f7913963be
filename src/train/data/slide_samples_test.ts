import { assert, assertEquals, assertRejects } from "@std/assert";
import { RleLabels } from "../../labels/rle_labels.ts";
import type { Region, Slide } from "../../slide/slide.ts";
import { streamTiles } from "../../tiles/stream_tiles.ts";
import { slideSamples, type TrainingSlide } from "./slide_samples.ts";

/** A slide of glass with a purple square from 64 to `to` each way, labeled from 100 to 116; (x, y) shades its green. */
function makeSlide(
  name: string,
  { to = 192, code, mpp }: { to?: number; code?: string; mpp?: number } = {},
): TrainingSlide {
  const [width, height] = [256, 256];
  const slide: Slide = {
    name,
    width,
    height,
    ...(mpp && { mpp: { x: mpp, y: mpp } }),
    levels: [{ width, height, downsample: 1 }],
    readRegion(region: Region, { fill = 255 } = {}) {
      const pixels = new Uint8Array(region.width * region.height * 3).fill(
        fill,
      );
      for (let i = 0; i < region.width * region.height; i++) {
        const x = region.x + i % region.width;
        const y = region.y + Math.floor(i / region.width);
        if (x < 0 || y < 0 || x >= width || y >= height) continue;
        const inside = x >= 64 && x < to && y >= 64 && y < to;
        pixels.set(inside ? [150, (x + y) % 100, 160] : [240, 240, 240], i * 3);
      }
      return Promise.resolve(pixels);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  code ??= Array.from({ length: 16 }, (_, i) => `${(100 + i) * 256 + 101} 16`)
    .join(" ");
  return { slide, labels: new RleLabels(code, { width, height }) };
}

const options = { size: 32, downsample: 2 };

Deno.test("slideSamples() keeps the tiles with tissue, and counts what is labeled", async () => {
  const seen: boolean[] = [];
  const source = await slideSamples([makeSlide("a"), makeSlide("b")], {
    ...options,
    onTile: ({ kept }) => void seen.push(kept),
  });
  // Four tiles of 64 a row; those in the middle hold the square.
  const positions = [[64, 64], [128, 64], [64, 128], [128, 128]];
  assertEquals(
    source.samples.map(({ index, slide, x, y }) => [index, slide, x, y]),
    ["a", "b"].flatMap((name, s) =>
      positions.map(([x, y], i) => [s * 4 + i, name, x, y])
    ),
  );
  // The label lies in 100 to 116 both ways: 14 of 16 px before 128 by half resolution, 8 × 8 in the first tile.
  assertEquals(source.samples.slice(0, 4).map((one) => one.positive), [
    64,
    0,
    0,
    0,
  ]);
  assertEquals(seen.length, 32);
  assertEquals(source.warnings, []);
});

Deno.test("slideSamples().read() gives pixels and mask downsampled, with expansion where asked", async () => {
  const source = await slideSamples([makeSlide("a")], options);
  const plain = await source.read(source.samples[0]);
  assertEquals([plain.side, plain.pixels.length, plain.mask.length], [
    32,
    3072,
    1024,
  ]);
  const wide = await source.read(source.samples[0], { expansion: 16 });
  assertEquals(wide.side, 48);
  for (let i = 0; i < 32; i++) {
    const row = ((i + 8) * 48 + 8) * 3;
    assertEquals(
      wide.pixels.subarray(row, row + 96),
      plain.pixels.subarray(i * 96, i * 96 + 96),
    );
  }
  const labeled = [...plain.mask.keys()].filter((i) => plain.mask[i]);
  // (100 − 64) / 2 = 18 in x and y.
  assertEquals([labeled[0], labeled.at(-1)], [18 * 32 + 18, 25 * 32 + 25]);
});

Deno.test("slideSamples() resamples as inference does where the scale is no whole number", async () => {
  const one = makeSlide("a");
  const scale = { size: 64, downsample: 1.6 };
  const source = await slideSamples([one], scale);
  for (const expansion of [0, 32]) {
    const tiles = await Array.fromAsync(
      streamTiles(one.slide, { ...scale, expansion }),
    );
    for (const sample of source.samples) {
      const { side, pixels, mask } = await source.read(sample, { expansion });
      const tile = tiles.find(({ x, y }) => x === sample.x && y === sample.y)!;
      assertEquals(pixels, tile.pixels);
      // A pixel is labeled where half of it or more is.
      const edge = tile.x - expansion / 2 * tile.downsample;
      const top = tile.y - expansion / 2 * tile.downsample;
      const share = (from: number) =>
        Math.max(
          0,
          Math.min(from + tile.downsample, 116) - Math.max(from, 100),
        ) / tile.downsample;
      mask.forEach((value, i) => {
        const x = edge + i % side * tile.downsample;
        const y = top + Math.floor(i / side) * tile.downsample;
        const covered = share(x) * share(y);
        if (Math.abs(covered - 0.5) > 1e-6) {
          assertEquals(value, Number(covered > 0.5), `${x}, ${y}: ${covered}`);
        }
      });
    }
  }
  assert(source.samples.some(({ positive }) => positive > 0));
});

Deno.test("slideSamples() takes each slide at its own scale by mpp", async () => {
  const source = await slideSamples(
    [makeSlide("a", { mpp: 0.25 }), makeSlide("b", { mpp: 0.5 })],
    { size: 32, mpp: 0.5 },
  );
  assertEquals([source.downsample, source.mpp], [undefined, 0.5]);
  assertEquals(source.slideMpp, [0.25, 0.5]);
  const plain = await slideSamples([makeSlide("a")], options);
  const samplesOf = (name: string) =>
    source.samples.filter(({ slide }) => slide === name);
  assertEquals(samplesOf("a"), [...plain.samples]);
  assertEquals(samplesOf("b").length, 16);
  const [first, second] = samplesOf("b");
  assertEquals(second.x - first.x, 32);
  const { pixels } = await source.read(samplesOf("a")[1]);
  assertEquals(pixels, (await plain.read(plain.samples[1])).pixels);
});

Deno.test("slideSamples() warns of slides without tissue and labels on glass", async () => {
  const glass = makeSlide("glass", { to: 64, code: "" });
  const stray = makeSlide("stray", { code: "1 9" });
  const { samples, warnings, slides } = await slideSamples(
    [glass, stray],
    options,
  );
  assertEquals(samples.length, 4);
  assertEquals(slides, ["glass", "stray"]);
  assertEquals(warnings, [
    '"glass" has no tile with tissue',
    '"stray" has labels on 1 tile without tissue, left out',
  ]);
});

Deno.test("slideSamples() warns of a slide that is foreground all over", async () => {
  const { width, height } = makeSlide("a").slide;
  const all = makeSlide("all", { code: `1 ${width * height}` });
  const half = makeSlide("half", { code: `1 ${width * height / 2}` });
  const { warnings } = await slideSamples([all, half], options);
  assertEquals(warnings.filter((text) => text.includes("all foreground")), [
    '"all" is all foreground: its labels may be inverted',
  ]);
});

Deno.test("slideSamples() names the slide that fails, refuses names that come twice, and stops on its signal", async () => {
  const bad = makeSlide("bad");
  bad.slide.readRegion = () => Promise.reject(new SyntaxError("torn"));
  await assertRejects(
    () => slideSamples([bad], options),
    Error,
    '"bad": torn',
  );
  await assertRejects(
    () => slideSamples([makeSlide("a"), makeSlide("a")], options),
    RangeError,
    'two slides are named "a"',
  );
  await assertRejects(() => slideSamples([], options), RangeError, "no slides");
  for (
    const wrong of [{ downsample: 0.5 }, { mpp: 0.5 }, { saturation: 256 }, {
      size: 0,
    }]
  ) {
    await assertRejects(
      () => slideSamples([makeSlide("a")], { ...options, ...wrong }),
      RangeError,
      `${Object.values(wrong)[0]}`,
    );
  }
  const reason = new Error("enough");
  await assertRejects(
    () =>
      slideSamples([makeSlide("a")], {
        ...options,
        signal: AbortSignal.abort(reason),
      }),
    Error,
    "enough",
  );
});
