import { assertThrows } from "@std/assert";
import { checkRegion } from "./slide.ts";

const slide = {
  name: "made",
  levels: [{ width: 1e6, height: 1e6, downsample: 1 }],
};

Deno.test("checkRegion() takes regions of up to 2 GiB of RGB", () => {
  const region = { x: 0, y: 0, width: 32768, height: 21845 };
  const options = { level: 0, fill: 255, slide };
  checkRegion(region, options);
  assertThrows(
    () => checkRegion({ ...region, height: 21846 }, options),
    RangeError,
    "2 GiB",
  );
});

Deno.test("checkRegion() takes whole numbers for sides, levels that there are, and bytes to fill with", () => {
  const region = { x: -5, y: 7, width: 1, height: 1 };
  const options = { level: 0, fill: 0, slide };
  checkRegion(region, options);
  for (const key of ["x", "y", "width", "height"]) {
    for (const value of [0.5, NaN, 2 ** 53]) {
      const wrong = { ...region, [key]: value };
      assertThrows(() => checkRegion(wrong, options), RangeError, "integers");
    }
  }
  for (const key of ["width", "height"]) {
    const wrong = { ...region, [key]: 0 };
    assertThrows(() => checkRegion(wrong, options), RangeError, "positive");
  }
  for (const level of [-1, 1]) {
    const wrong = { ...options, level };
    assertThrows(() => checkRegion(region, wrong), RangeError, "levels 0 to 0");
  }
  for (const fill of [-1, 256, 0.5]) {
    const wrong = { ...options, fill };
    assertThrows(() => checkRegion(region, wrong), RangeError, "0 to 255");
  }
});
