import { assertEquals } from "@std/assert";
import { viewerLink } from "../../../src/report/viewer_link.ts";
import { findSlide, formatAddress, parseAddress } from "./address.ts";

Deno.test("parseAddress() reads what formatAddress() and reports write", () => {
  const address = {
    slide: "a & b/ü#1+",
    x: 120,
    y: 80,
    zoom: 0.125,
    rotation: 90,
  };
  const text = formatAddress(address);
  assertEquals(
    text,
    "#slide=a%20%26%20b%2F%C3%BC%231%2B&x=120&y=80&zoom=0.125&rotation=90",
  );
  assertEquals(parseAddress(text), address);
  const { slide, x, y, zoom } = address;
  assertEquals(
    parseAddress(new URL(viewerLink({ slide, x, y, zoom })).hash),
    { ...address, rotation: undefined },
  );
  assertEquals(
    viewerLink({ slide: "a/b" }),
    "http://127.0.0.1:8473/#slide=a%2Fb",
  );
  assertEquals(
    formatAddress({ slide: "a", x: 1.6, y: -0.2, rotation: 0 }),
    "#slide=a&x=2&y=0",
  );
});

Deno.test("parseAddress() leaves out what is no number", () => {
  const none = {
    slide: undefined,
    x: undefined,
    y: undefined,
    zoom: undefined,
  };
  assertEquals(parseAddress(""), { ...none, rotation: undefined });
  assertEquals(parseAddress("#x=one&y=&zoom=-1&rotation=Infinity"), {
    ...none,
    rotation: undefined,
  });
});

Deno.test("findSlide() takes names of the list, and longer ones that say which", () => {
  const slides = [
    { name: "a/x", path: "/data/a/x.svs" },
    { name: "b/x", path: "/data/b/x.svs" },
    { name: "y", path: "C:\\data\\c\\y.ome.tif" },
    { name: "1.2.3", path: "https://pacs.org/studies/1.2.3" },
  ];
  const find = (name: string) => findSlide(slides, name);
  assertEquals(["a/x", "b/x", "y", "1.2.3"].map(find), [0, 1, 2, 3]);
  assertEquals(["data/b/x", "c/y.ome", "c/y.ome.tif"].map(find), [1, 2, 2]);
  assertEquals(find("x"), "There are 2 slides “x” here: a/x, b/x");
  assertEquals(find("c/x"), "There is no slide “c/x” here.");
  assertEquals(find("/x"), "There is no slide “/x” here.");
});
