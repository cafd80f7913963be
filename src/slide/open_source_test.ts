import { assertEquals, assertRejects } from "@std/assert";
import { makeTiff } from "../../tests/helpers/make_tiff.ts";
import { openSlide } from "./open_slide.ts";
import { openSource } from "./open_source.ts";

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

Deno.test("Slide.verify() notices that a file has changed since it was opened, be it in its bytes alone", async () => {
  const pixels = new Uint8Array(64 * 64 * 3).map((_, i) => i * 7);
  const tiff = await makeTiff([{ width: 64, height: 64, pixels }]);
  const path = await Deno.makeTempFile({ suffix: ".tif" });
  const read = async (change: () => Promise<void>) => {
    await Deno.writeFile(path, tiff);
    await using slide = await openSlide(path);
    await slide.readRegion({ x: 0, y: 0, width: 64, height: 64 });
    await slide.verify!();
    await change();
    await slide.verify!();
  };
  const changed = "its file has changed since it was opened";
  try {
    await read(() => Promise.resolve());
    await assertRejects(
      () =>
        read(() => Deno.writeFile(path, new Uint8Array(1), { append: true })),
      TypeError,
      changed,
    );
    // A byte of the picture, with the time of change set back.
    await assertRejects(
      () =>
        read(async () => {
          const { mtime } = await Deno.stat(path);
          const other = tiff.slice();
          other[tiff.length - 5] ^= 1;
          await Deno.writeFile(path, other);
          await Deno.utime(path, mtime!, mtime!);
        }),
      TypeError,
      changed,
    );
    await assertRejects(
      () => read(() => Deno.remove(path)),
      Error,
      "os error 2",
    );
  } finally {
    await Deno.remove(path).catch(() => {});
  }
});

Deno.test("openSource() reads within the file, until it is closed, twice if need be", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, Uint8Array.of(1, 2, 3, 4));
    const source = await openSource(path);
    assertEquals(source.size, 4);
    assertEquals([...await source.read(1, 3)], [2, 3, 4]);
    await assertRejects(() => source.read(2, 3), RangeError);
    assertEquals([...await source.read(0, 4)], [1, 2, 3, 4]); // as if nothing had been
    await source.close();
    await source.close();
    await assertRejects(() => source.read(0, 1), TypeError, "it is closed");
  } finally {
    await Deno.remove(path);
  }
});
