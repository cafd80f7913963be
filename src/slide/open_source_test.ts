import { assertEquals, assertRejects } from "@std/assert";
import { makeTiff } from "../../tests/helpers/make_tiff.ts";
import { openSlide } from "./open_slide.ts";

Deno.test("openSlide() opens a file: URL, in a string too, and names the slide after it", async () => {
  const path = await Deno.makeTempFile({ prefix: "a b%ä", suffix: ".tif" });
  try {
    const pixels = Uint8Array.of(1, 2, 3);
    await Deno.writeFile(
      path,
      await makeTiff([{ width: 1, height: 1, pixels }]),
    );
    const url = new URL(
      `file://${path.split("/").map(encodeURIComponent).join("/")}`,
    );
    const name = path.split("/").at(-1)!.slice(0, -4);
    for (
      const source of [path, url, url.href, url.href.replace("file", "FILE")]
    ) {
      await using slide = await openSlide(source);
      assertEquals(slide.name, name);
      const region = { x: 0, y: 0, width: 1, height: 1 };
      assertEquals([...await slide.readRegion(region)], [1, 2, 3]);
    }
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("openSlide() takes a string with another scheme for a URL that it does not read, not for a missing file", async () => {
  for (const source of ["s3://bucket/a.svs", "ftp://example.org/a.svs"]) {
    await assertRejects(
      () => openSlide(source),
      TypeError,
      "it must be a file, an http or https URL, or a Blob",
    );
  }
});
