import { assertEquals } from "@std/assert";
import { viewerLink } from "./viewer_link.ts";

Deno.test("viewerLink() is read again as the place that it was made of", () => {
  const slide = "Ä&b #1=%41.svs/\ud800";
  const { hash, origin } = new URL(
    viewerLink({ slide, x: 12345.4, y: 0, zoom: 1 / 3 }),
  );
  assertEquals(origin, "http://127.0.0.1:8473");
  assertEquals(Object.fromEntries(new URLSearchParams(hash.slice(1))), {
    ...{ slide: "Ä&b #1=%41.svs/\ufffd", x: "12345", y: "0", zoom: "0.333" },
  });
});
