import { assertEquals, assertThrows } from "@std/assert";
import { chooseScale, type ScaledSlide } from "./choose_scale.ts";

const slide: ScaledSlide = {
  name: "kidney",
  width: 4000,
  height: 3000,
  mpp: { x: 0.2505, y: 0.2505 },
  levels: [
    { width: 4000, height: 3000, downsample: 1 },
    { width: 1000, height: 750, downsample: 4 },
    { width: 250, height: 187, downsample: 16 },
  ],
};

Deno.test("chooseScale() reads level 0 for a downsample, unless another is asked for", () => {
  assertEquals(chooseScale(slide, {}), { downsample: 2, level: 0 });
  for (const downsample of [1, 4, 6.5, 32]) {
    assertEquals(chooseScale(slide, { downsample }), { downsample, level: 0 });
  }
  assertEquals(chooseScale(slide, { downsample: 4, level: 1 }), {
    downsample: 4,
    level: 1,
  });
});

Deno.test("chooseScale() takes the nearest finer level for a scale in micrometers", () => {
  const levelAt = (mpp: number) => chooseScale(slide, { mpp }).level;
  assertEquals([0.25, 0.5, 0.9, 1, 1.002, 2, 3.9, 4.008, 8].map(levelAt), [
    0,
    0,
    0,
    1, // 0.2 % coarser than asked for
    1,
    1,
    1,
    2,
    2,
  ]);
  assertEquals(chooseScale(slide, { mpp: 0.501 }).downsample, 2);
  const anisotropic = { ...slide, mpp: { x: 0.4, y: 0.6 } };
  assertEquals(chooseScale(anisotropic, { mpp: 1 }).downsample, 2);
});

Deno.test("chooseScale() lists the levels where a scale cannot be had", () => {
  const list = "level 0 of 4000×3000 px (downsample 1, 0.2505 µm per pixel), " +
    "level 1 of 1000×750 px (downsample 4, 1.002 µm per pixel), " +
    "level 2 of 250×187 px (downsample 16, 4.008 µm per pixel)";
  assertThrows(
    () => chooseScale(slide, { mpp: 0.2 }),
    RangeError,
    `Cannot read slide "kidney" at 0.2 µm per pixel: no level is that fine: it has ${list}`,
  );
  for (const level of [2, 3, -1, 0.5]) {
    assertThrows(
      () => chooseScale(slide, { mpp: 2, level }),
      RangeError,
      `no coarser than the downsample 7.984: it has ${list}`,
    );
  }
  assertThrows(
    () => chooseScale({ ...slide, mpp: undefined }, { mpp: 1 }),
    RangeError,
    "its scale is unknown: set it with --slide-mpp (openSlide's mpp); it has level 0 of 4000×3000 px (downsample 1), level 1",
  );
});

Deno.test("chooseScale() refuses scales that make no sense", () => {
  for (const mpp of [0, -1, NaN, Infinity, 1e6]) { // a meter is none
    assertThrows(() => chooseScale(slide, { mpp }), RangeError, "positive");
  }
  assertThrows(
    () => chooseScale(slide, { mpp: 1, downsample: 2 }),
    RangeError,
    "exclude each other, received 2 and 1",
  );
});
