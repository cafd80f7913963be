import {
  formatArea,
  formatDuration,
  formatNumber,
  formatTick,
  Markup,
  markup,
  shortNumber,
} from "./markup.ts";
import { assertEquals } from "@std/assert";

Deno.test("markup() escapes text, joins lists, and takes markup as it is", () => {
  const evil = `</p><b title="x">'&`;
  const escaped = "&lt;/p&gt;&lt;b title=&quot;x&quot;&gt;&#39;&amp;";
  assertEquals(
    `${markup`<p class="${evil}">${evil}</p>`}`,
    `<p class="${escaped}">${escaped}</p>`,
  );
  const items = ["a<", 2].map((item) => markup`<li>${item}</li>`);
  assertEquals(
    String(markup`<ul>${items}${undefined}${[1, [new Markup("<hr>")]]}</ul>\n`),
    "<ul><li>a&lt;</li><li>2</li>1<hr></ul>\n",
  );
});

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
