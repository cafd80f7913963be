import { assertEquals } from "@std/assert";
import { lastPart, slideNameOf } from "./slide_name.ts";

Deno.test("slideNameOf() is the name of the file, or of the folder that is the slide", () => {
  for (
    const [path, name] of [
      ["a.svs", "a"],
      ["x/a.ome.tif", "a.ome"],
      ["x\\a", "a"],
      [".svs", ".svs"],
      ["x/b.zarr", "b"],
      ["x/b.zarr/", "b"],
      ["x/b.ome.zarr/zarr.json", "b.ome"],
      ["b.zarr/.zattrs", "b"],
      ["b/0/.zgroup", "0"],
      ["zarr.json", "zarr"],
      [".zattrs", ".zattrs"],
      ["/zarr.json", "zarr"],
    ]
  ) assertEquals(slideNameOf(path), name, path);
  assertEquals(lastPart("/"), "");
});
