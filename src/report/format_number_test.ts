import { assertEquals } from "@std/assert";
import {
  formatArea,
  formatDuration,
  formatNumber,
  formatTick,
  shortNumber,
} from "./format_number.ts";

Deno.test("formatNumber() writes numbers of any size in full", () => {
  const cases: [value: number, text: string][] = [
    [0, "0"],
    [110.4, "110"],
    [1234567, "1,234,567"],
    [99.96, "100"],
    [0.07249, "0.0725"],
    [1e-7, "0.0000001"],
    [-0.00012345, "-0.000123"],
    [5e21, "5,000,000,000,000,000,000,000"],
    [NaN, "NaN"],
  ];
  for (const [value, text] of cases) assertEquals(formatNumber(value), text);
  assertEquals(shortNumber(4.2e-5), "0.000042");
  assertEquals(formatTick(0.1 + 0.2), "0.3");
  assertEquals(formatTick(0.9325), "0.9325");
  assertEquals(formatArea(1.2e9), "1,200 mm²");
  assertEquals(formatDuration(7_265_000), "2:01:05 h");
});
