import { assertEquals } from "@std/assert";
import { summarizeMask } from "../masks/summarize_mask.ts";
import { batchTable } from "./batch_table.ts";

Deno.test("batchTable() puts slides into columns, and counts what became of them", () => {
  const summary = (name: string, mpp?: { x: number; y: number }) =>
    summarizeMask({
      slide: { name, width: 4000, height: 3000, mpp },
      areas: [1_000_000, 2_000_000],
      tiles: { seen: 7, skipped: 5 },
      milliseconds: { total: 12_345 },
    });
  const table = batchTable([
    {
      source: "in/a.svs",
      place: "a",
      status: "done",
      summary: summary("a", { x: 0.5, y: 0.5 }),
    },
    {
      source: "in/long.svs",
      place: "腎臓🔬",
      status: "complete",
      summary: summary("腎臓🔬"),
    },
    {
      source: "https://e.org/in/bad.svs",
      place: "bad",
      status: "failed",
      error: "Cannot open",
    },
  ]);
  assertEquals(
    table,
    `slide    objects          area  tiles    time  status
a              2      0.75 mm²   7/12  12.3 s  done
腎臓🔬         2  3,000,000 px   7/12  12.3 s  complete
bad.svs        -             -      -       -  failed
3 slides: 1 done, 1 complete, 1 failed`,
  );
});
