import { assertEquals, assertRejects } from "@std/assert";
import { makeTiff, type PageSpec } from "../../../tests/helpers/make_tiff.ts";
import { noise } from "../../../tests/helpers/noise.ts";
import { openPages, readAll } from "../../../tests/helpers/open_pages.ts";
import { inspectSlide } from "../inspect_slide.ts";
import { openSlide } from "../open_slide.ts";

const tags = (overlaps: string): PageSpec["tags"] => ({
  270:
    `Background Color=F0E010;White Balance=FFFFFF;Objective Power=20;${overlaps}`,
  305: "MedScan",
  282: [370000, 1000000],
  283: [250000, 1000000],
  296: 1,
});

function page(
  columns: number,
  rows: number,
  side: number,
  overlaps = "OverlapsXY= 4 2 2 1 ",
): PageSpec {
  const [width, height] = [columns * side, rows * side];
  return {
    ...{ width, height, pixels: noise(width, height), tags: tags(overlaps) },
    tile: { width: side, height: side },
  };
}

/** A page's tiles painted one after the other, each where the last ones' overlaps leave it. */
function stitch(
  { width, height, pixels, tile }: PageSpec,
  [overX, overY]: [number, number],
): { width: number; height: number; pixels: Uint8Array } {
  const side = tile!.width;
  const across = width - (Math.ceil(width / side) - 1) * overX;
  const down = height - (Math.ceil(height / side) - 1) * overY;
  const out = new Uint8Array(across * down * 3);
  for (let top = 0; top < height; top += side) {
    for (let left = 0; left < width; left += side) {
      for (let y = top; y < Math.min(height, top + side); y++) {
        for (let x = left; x < Math.min(width, left + side); x++) {
          const to = (y - top / side * overY) * across + x -
            left / side * overX;
          for (let c = 0; c < 3; c++) {
            out[to * 3 + c] = pixels[(y * width + x) * 3 + c];
          }
        }
      }
    }
  }
  return { width: across, height: down, pixels: out };
}

Deno.test("Trestle: tiles overlap by what the description says for each level", async () => {
  const pages = [page(4, 3, 32), page(4, 3, 16)];
  await using slide = await openPages(pages);
  const whole = stitch(pages[0], [4, 2]);
  const half = stitch(pages[1], [2, 1]);
  assertEquals(slide.format, "Trestle");
  assertEquals(slide.levels, [
    { width: 116, height: 92, downsample: 1 },
    { width: 58, height: 46, downsample: 2 },
  ]);
  assertEquals([slide.mpp, slide.objectivePower], [{ x: 0.37, y: 0.25 }, 20]);
  assertEquals(await readAll(slide), whole.pixels);
  const region = { x: 0, y: 0, width: half.width, height: half.height };
  assertEquals(await slide.readRegion(region, { level: 1 }), half.pixels);
});

Deno.test("Trestle: pages need not be whole tiles, overlaps that are not told are 0, and may be gaps", async () => {
  const cut = {
    ...page(3, 3, 32),
    width: 90,
    height: 70,
    pixels: noise(90, 70),
  };
  await using slide = await openPages([cut]);
  assertEquals(await readAll(slide), stitch(cut, [4, 2]).pixels);

  const single = page(4, 3, 32, "OverlapsXY= 4");
  await using partly = await openPages([single]);
  assertEquals(await readAll(partly), stitch(single, [4, 0]).pixels);

  await using apart = await openPages([page(2, 1, 32, "OverlapsXY= -6 0")]);
  assertEquals(apart.width, 70);
  const gap = await apart.readRegion({ x: 32, y: 0, width: 1, height: 1 });
  assertEquals([...gap], [0xf0, 0xe0, 0x10]);

  await using untold = await openPages([page(2, 2, 32, "x=1")]);
  assertEquals(untold.width, 64);
  assertEquals(untold.warnings, [
    "its description does not say how tiles overlap: taken as 0 px",
  ]);
});

Deno.test("Trestle: pages that are no levels are left out with the reason, and no page is read alone", async () => {
  const strips = { ...page(1, 1, 32), tile: undefined };
  const file = new Blob([
    await makeTiff([page(4, 3, 32), page(4, 3, 16), page(3, 1, 16), strips]),
  ]);
  const { ignored, levels, mpp } = await inspectSlide(file);
  assertEquals(levels.map(({ page }) => page), ["page 0", "page 1"]);
  assertEquals(mpp?.source.startsWith("XResolution"), true);
  assertEquals(ignored.map(({ what, why }) => `${what}: ${why}`), [
    "page 2 (48×16 px): no downsample explains its size without overlaps",
    "page 3 (32×32 px): it is not tiled",
  ]);
  await assertRejects(
    () => openSlide(file, { page: 1 }),
    TypeError,
    "contains tiles that overlap",
  );
  await using strip = await openSlide(file, { page: 3 });
  assertEquals(await readAll(strip), strips.pixels);
});

Deno.test("Trestle: NAME.Full beside it is the macro, or is left out", async () => {
  const slide = await makeTiff([page(1, 1, 32)]);
  const jpeg = await Deno.readFile(
    new URL("../../../tests/golden/pictures/ycbcr.jpg", import.meta.url),
  );
  const beside = (name: string, bytes: Uint8Array<ArrayBuffer>) => [
    new File([slide], "a.b.tif"),
    new File([bytes], name),
  ];
  await using found = await openSlide(beside("a.b.Full", jpeg));
  assertEquals(found.associated, [{ name: "macro", width: 24, height: 20 }]);
  await using picture = await openSlide(new Blob([jpeg]));
  const { pixels } = await found.readAssociated("macro");
  assertEquals(pixels, await readAll(picture));

  await using other = await openSlide(beside("a.Full", jpeg));
  assertEquals(other.associated, []);
  const { ignored } = await inspectSlide(beside("a.b.Full", slide));
  assertEquals(ignored, [{
    what: "a.b.Full",
    why: "it is neither JPEG nor PNG",
  }]);
});

Deno.test("Trestle: overlaps that cannot be are refused", async () => {
  for (
    const [text, reason] of [
      ["OverlapsXY= 32 0", "tiles of 32 px overlap by 32 px (page 0"],
      ["OverlapsXY= 0 -32", "tiles of 32 px overlap by -32 px (page 0"],
      ["OverlapsXY= 4 1e999", "must be whole numbers"],
      ["OverlapsXY= four", "must be whole numbers, received"],
    ]
  ) {
    await assertRejects(
      () => openPages([page(2, 2, 32, text)]),
      SyntaxError,
      reason,
      text,
    );
  }
  await assertRejects(
    () => openPages([{ ...page(2, 2, 32), tile: undefined }]),
    TypeError,
    "none of its pages is tiled",
  );
});
