import { assertEquals } from "@std/assert";
import { Markup, markup } from "./markup.ts";

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
