import { micrometersIn, parseNumber, resolutionScale } from "./layout.ts";
import { assertAlmostEquals, assertEquals } from "@std/assert";

Deno.test("parseNumber() reads numbers as vendors write them", () => {
  for (
    const [text, value] of [
      ["0.4990", 0.499],
      ["0,2500", 0.25],
      ["2.5e-1", 0.25],
      ["40.000000", 40],
      [" 20x", 20],
      [".5", 0.5],
      ["+1E2", 100],
      ["", undefined],
      ["twenty", undefined],
      ["1e999", undefined],
      [undefined, undefined],
    ] as const
  ) assertEquals(parseNumber(text), value, text);
});

Deno.test("micrometersIn() knows OME's units of length, and what is none", () => {
  for (
    const [unit, value] of [
      ["µm", 1],
      ["μm", 1],
      ["\\u00B5m", 1],
      ["Âµm", 1],
      ["um", 1],
      ["micron", 1],
      ["microns", 1],
      ["thou", 25.4],
      ["mil", 25.4],
      ["nm", 1e-3],
      ["Å", 1e-4],
      ["mm", 1e3],
      ["cm", 1e4],
      ["in", 25400],
      ["inch", 25400],
      ["dm", 1e5],
      ["ft", 12 * 25400],
      ["m", 1e6],
      ["pixel", undefined],
      ["reference frame", undefined],
      ["constructor", undefined],
    ] as const
  ) assertEquals(micrometersIn(unit), value, unit);
});

Deno.test("resolutionScale() believes resolutions that are a microscope's", () => {
  const scale = (x: number, y: number, unit: number) =>
    resolutionScale({ resolution: { x, y, unit } });
  const cm = scale(20000, 40000, 3)!;
  assertEquals([cm.x, cm.y], [0.5, 0.25]);
  assertAlmostEquals(scale(50800, 50800, 2)!.x, 0.5);
  assertEquals(scale(72, 72, 2), undefined);
  assertEquals(scale(20000, 20000, 1), undefined);
  assertEquals(scale(Infinity, NaN, 3), undefined);
  assertEquals(resolutionScale({}), undefined);
});
