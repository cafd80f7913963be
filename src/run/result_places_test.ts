import { assertEquals } from "@std/assert";
import { resultPlaces, uniqueNames } from "./result_places.ts";

const list = (...sources: string[]) => sources.map((source) => ({ source }));

Deno.test("resultPlaces() searches where infer writes, and nowhere that could be another slide's", () => {
  assertEquals(resultPlaces(list("/s/a/x.svs")), [["x", "a/x", "s/a/x"]]);
  assertEquals(resultPlaces(list("/s/a/x.svs", "/s/b/y.svs")), [
    ["a/x", "x", "s/a/x"],
    ["b/y", "y", "s/b/y"],
  ]);
  // Flat results of two namesakes would be of either.
  assertEquals(resultPlaces(list("/s/a/x.svs", "/s/b/x.svs")), [
    ["a/x", "s/a/x"],
    ["b/x", "s/b/x"],
  ]);
  assertEquals(resultPlaces(list("/s/x.svs", "/s/b/x.svs")), [
    ["x", "s/x"],
    ["b/x", "s/b/x"],
  ]);
  assertEquals(resultPlaces(list("/s/x.svs", "/s/x.tif")), [[], []]);
  assertEquals(resultPlaces(list("https://h.org/a/x.svs?key=1")), [
    ["x", "a/x", "h.org/a/x"],
  ]);
});

Deno.test("uniqueNames() are as short as they can be", () => {
  assertEquals(uniqueNames(list("/s/a/x.svs", "/s/b/x.svs", "/s/b/y.svs")), [
    ...["a/x", "b/x", "y"],
  ]);
  assertEquals(uniqueNames(list("/s/x.svs", "/s/x.tif", "/s/x.y.svs")), [
    ...["x.svs", "x.tif", "x.y"],
  ]);
});
