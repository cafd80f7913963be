import { assertEquals } from "@std/assert";
import { describeLevels } from "./describe_levels.ts";

const size = { width: 2220, height: 2967 };

Deno.test("describeLevels() tells size, downsample and scale of each level", () => {
  const levels = [
    { ...size, downsample: 1 },
    { width: 555, height: 741, downsample: 4.00202 },
  ];
  assertEquals(
    describeLevels({ ...size, levels, mpp: { x: 0.25, y: 0.75 } }),
    "level 0 of 2220×2967 px (downsample 1, 0.5 µm per pixel), level 1 of 555×741 px (downsample 4.002, 2.001 µm per pixel)",
  );
});

Deno.test("describeLevels() takes a slide without levels for its finest", () => {
  const said = "level 0 of 2220×2967 px (downsample 1)";
  assertEquals(describeLevels(size), said);
  assertEquals(describeLevels({ ...size, levels: [] }), said);
});
