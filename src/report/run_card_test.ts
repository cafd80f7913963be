import { settingsTable } from "./run_card.ts";
import { assertEquals } from "@std/assert";

function rowsOf(settings: Record<string, unknown>): string[][] {
  const rows = String(settingsTable(settings))
    .matchAll(/<tr><th>(.*?)<\/th><td>(.*?)<\/td><\/tr>/g);
  return [...rows].map(([, name, value]) => [name, value]);
}

Deno.test("settingsTable() says settings in words, with units, in an order of its own", () => {
  assertEquals(
    rowsOf({
      flips: false,
      fingerprint: "00ff",
      other: { a: 1 },
      mpp: undefined,
      lr: "1e-7",
      threshold: 1e-8,
      downsample: 2.0048828125,
      tile: "1024",
      expansions: [0, 256],
      mean: "0.123456,0.5,0.7",
      tolerance: 0.01,
      minArea: "500 µm²",
      precision: "f16",
      labels: ["<a>", "b"],
    }),
    [
      ["Labels", "&lt;a&gt;, b"],
      ["Precision", "f16"],
      ["Maximum learning rate", "0.0000001"],
      ["Mean (RGB)", "0.123, 0.5, 0.7"],
      ["Tile size", "1024 px"],
      ["Expansions", "0, 256 px"],
      ["Downsample", "2"],
      ["Test-time flips", "no"],
      ["Threshold", "0.00000001"],
      ["Minimum object area", "500 µm²"],
      ["Seam tolerance", "1 %"],
      ["other", "{&quot;a&quot;:1}"],
    ],
  );
});
