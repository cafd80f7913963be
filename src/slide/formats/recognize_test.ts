import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { makeTiff } from "../../../tests/helpers/make_tiff.ts";
import { noise } from "../../../tests/helpers/noise.ts";
import { openSlide } from "../open_slide.ts";
import { isSlideFolder, recognizeFolder } from "./recognize.ts";

const bytes = (text: string) =>
  Uint8Array.from(text, (letter) => letter.charCodeAt(0));

Deno.test("openSlide() says which other format a file is, and what to do", async () => {
  for (
    const [name, contents, said] of [
      ["a.dcm", "\x08\0\x08\0CS\x14\0", /DICOM.*restore it/],
      [
        "a.mrxs",
        "\xff\xd8\xff\xe0\0\x10JFIF",
        /3DHISTECH MRXS slide.*all files of the slide/,
      ],
      ["a.vsi", "II*\0\x08\0\0\0", /Olympus VSI.*OlyVIA/],
      [
        "a.isyntax",
        `<DataObject ObjectType="DPUfsImport">`,
        /iSyntax.*isyntax-to-tiff/,
      ],
      ["a.svslide", "SQLite format 3\0", /Sakura/],
      ["a.svs", "<!DOCTYPE html><html>", /HTML page.*download the slide again/],
      ["a.svs", "\n<html lang=en>", /HTML page/],
      [
        "a.svs",
        "version https://git-lfs.github.com/spec/v1\noid",
        /Git LFS pointer.*git lfs pull/,
      ],
      ["a.tif", "\x1f\x8b\x08\0\0\0", /gzip.*gunzip/],
      ["a.zarr.zip", "PK\x03\x04", /ZIP archive.*unpack/],
      [
        "a.vmu",
        "[Uncompressed Virtual Microscope Specimen]\n",
        /Hamamatsu VMU/,
      ],
      ["a.ets", "SIS\0@\0\0\0", /Olympus ETS/],
      ["a.jp2", "\0\0\0\x0cjP  \r\n", /JPEG 2000 picture/],
      ["a.ims", "\x89HDF\r\n\x1a\n", /HDF5/],
      ["a.safetensors", "\x10\0\0\0\0\0\0\0{}", /weights.*--weights/],
    ] as const
  ) {
    const error = await assertRejects(
      () => openSlide(new File([bytes(contents)], name)),
      TypeError,
    );
    assertMatch(error.message, said, name);
  }
});

Deno.test("openSlide() opens what it can read, whatever it is called and begins with", async () => {
  const file = await makeTiff([{
    width: 20,
    height: 10,
    pixels: noise(20, 10).fill(0),
  }]);
  // As in files that are DICOM and TIFF at once.
  file.set(bytes("DICM"), 128);
  for (const name of ["a.tif", "a.isyntax", "a.kfb", "a.dcm"]) {
    await using slide = await openSlide(new File([file], name));
    assertEquals([slide.width, slide.format], [20, "TIFF"]);
  }
});

Deno.test("recognizeFolder() and isSlideFolder() know folders that are slides", () => {
  assertEquals(isSlideFolder([".zattrs", "0"]), true);
  assertEquals(isSlideFolder(["zarr.json"]), true);
  assertEquals(isSlideFolder(["Slidedat.ini"]), true);
  assertEquals(isSlideFolder(["a.svs", "0"]), false);
  assertMatch(recognizeFolder(["Slidedat.ini", "Data0000.dat"])!, /MRXS/);
  assertEquals(recognizeFolder(["a.svs", "b.svs"]), undefined);
});
