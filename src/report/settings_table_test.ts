import { assertEquals } from "@std/assert";
import { settingsTable } from "./settings_table.ts";

function rowsOf(settings: Record<string, unknown>): string[][] {
  const rows = settingsTable(settings)
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
      lr: "",
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
      ["Numbers are stored in", "16 bits"],
      ["Mean of red, green, blue, of 0 to 1", "0.123, 0.5, 0.7"],
      ["Side of a tile, after downsampling", "1024 px"],
      ["Expansions: margins of a tile, both sides together", "0, 256 px"],
      ["Slide pixels per tile pixel", "2"],
      ["Averaged over mirror images", "no"],
      ["Least area of an object", "500 µm²"],
      ["Most that may differ at seams", "1 %"],
      ["other", "{&quot;a&quot;:1}"],
    ],
  );
});
