import { assertEquals } from "@std/assert";
import { oneLine, shownSource } from "./run_context.ts";

Deno.test("shownSource() leaves out query and credentials, even behind a line break", () => {
  assertEquals(
    shownSource("https://me:word@e.org/a.svs?key=secret\nmore#part"),
    "https://e.org/a.svs",
  );
  assertEquals(shownSource("a?b#c\n.svs"), "a?b#c\n.svs");
});

Deno.test("oneLine() makes one line of any error, without control characters", () => {
  assertEquals(oneLine(new Error(" a\n  b\x1b[2J\x9b ")), "a b\\x1b[2J\\x9b");
  assertEquals(oneLine("text"), "text");
});
